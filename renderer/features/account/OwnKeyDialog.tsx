import { Button } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { CreatedKey, Scope } from '../../../proxy/contract/keys.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { PasswordField } from '../../components/PasswordField.tsx'
import { CreatedKeyDialog } from '../keys/CreatedKeyDialog.tsx'
import { KeyFields, emptyKeyDraft } from '../keys/KeyFields.tsx'
import { useCreateKey } from '../keys/keyQueries.ts'

interface OwnKeyDialogProps {
  readonly onClose: () => void
}

const offered: readonly Scope[] = ['run', 'read', 'keys']

/** A key of one's own. The password is asked again: this page shares its address with ComfyUI's. */
export function OwnKeyDialog({ onClose }: OwnKeyDialogProps) {
  const [draft, setDraft] = useState(emptyKeyDraft)
  const [password, setPassword] = useState('')
  const [created, setCreated] = useState<CreatedKey>()
  const create = useCreateKey()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    create.mutate({ ...draft, scopes: [...draft.scopes], password }, { onSuccess: setCreated })
  }
  if (created !== undefined) {
    return <CreatedKeyDialog created={created} url={window.location.origin} onClose={onClose} />
  }
  return (
    <Dialog title="New key" onClose={onClose}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <KeyFields draft={draft} onChange={setDraft} offered={offered} nameError={fieldMessage(create.error, 'name')} />
        <PasswordField
          label="Your password, once more"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          error={fieldMessage(create.error, 'password')}
        />
        <Refusal error={create.error} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={create.isPending}
            disabled={draft.name.trim() === '' || draft.scopes.length === 0 || password === ''}
          >
            Create key
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
