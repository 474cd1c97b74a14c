import { Button } from '@mantine/core'
import type { RoleDraft } from '../../../proxy/contract/reach.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { ErrorState, Refusal } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { ReachList } from './ReachList.tsx'
import { describeDifference } from './reachWords.ts'
import { useChangeRole, usePreview } from './roleQueries.ts'
import { peopleWords, roleTitle } from './roleWords.ts'
import styles from './Roles.module.css'

interface SaveRoleDialogProps {
  readonly role: RoleAnswer
  readonly draft: RoleDraft
  readonly onSaved: () => void
  readonly onClose: () => void
}

/** What saving changes for whoever has the role, before it is saved. */
export function SaveRoleDialog({ role, draft, onSaved, onClose }: SaveRoleDialogProps) {
  const preview = usePreview(role.id, draft)
  const save = useChangeRole(role.id)
  const gains = preview.data === undefined ? [] : describeDifference(preview.data.gains, 'gains')
  const losses = preview.data === undefined ? [] : describeDifference(preview.data.losses, 'losses')
  return (
    <Dialog title={`Change ${roleTitle(role)}?`} onClose={onClose} size={600}>
      <p>
        {role.people === 0
          ? 'Nobody has this role now.'
          : `It counts at once for ${peopleWords(role.people)}, also for what they have open.`}
      </p>
      {preview.isPending && <LoadingRows rows={3} rowHeight={42} />}
      {preview.isError && (
        <ErrorState
          what="What this changes could not be found out."
          error={preview.error}
          onRetry={() => void preview.refetch()}
        />
      )}
      {gains.length > 0 && (
        <section aria-label="They gain" className={styles.stack}>
          <h3>They gain</h3>
          <ReachList sentences={gains} />
        </section>
      )}
      {losses.length > 0 && (
        <section aria-label="They lose" className={styles.stack}>
          <h3>They lose</h3>
          <ReachList sentences={losses} />
        </section>
      )}
      {preview.isSuccess && gains.length + losses.length === 0 && (
        <p className="quiet">Nothing of what is here now opens or closes by it.</p>
      )}
      <Refusal error={save.error} />
      <DialogActions>
        <Button variant="default" onClick={onClose}>
          Not yet
        </Button>
        <Button loading={save.isPending} onClick={() => save.mutate(draft, { onSuccess: onSaved })}>
          Save
        </Button>
      </DialogActions>
    </Dialog>
  )
}
