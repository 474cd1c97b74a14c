import type { ApiKey } from '../../../proxy/contract/keys.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { useRevokeKey } from './keyQueries.ts'

/** Asks before a key stops working. */
export function RevokeDialog({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const revoke = useRevokeKey()
  return (
    <ConfirmDialog
      title={`Revoke “${apiKey.name}”?`}
      action={`Revoke “${apiKey.name}”`}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate(apiKey.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        Tools that use this key of {apiKey.user.name} lose access at once. Pictures and running jobs stay. It cannot be
        brought back; you can create a new key.
      </p>
    </ConfirmDialog>
  )
}
