import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { RoleId } from '../../../proxy/contract/accounts.ts'
import type { CreatedInvitation } from '../../../proxy/contract/invitations.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { RoleChoice } from '../people/RoleChoice.tsx'
import { useWorkflows } from '../workflows/workflowQueries.ts'
import { useCreateInvitation } from './invitationQueries.ts'
import { InvitationLink } from './InvitationLink.tsx'
import { rooms, spans } from './invitationWords.ts'
import styles from './invitations.module.css'

interface InviteDialogProps {
  readonly onClose: () => void
  /** To give somebody a password by hand instead. */
  readonly onAddByHand: () => void
}

/** Who may come and as what; then the code for their phone, shown once. */
export function InviteDialog({ onClose, onAddByHand }: InviteDialogProps) {
  const [made, setMade] = useState<CreatedInvitation>()
  if (made !== undefined) return <InvitationLink made={made} onClose={onClose} />
  return <InviteForm onClose={onClose} onAddByHand={onAddByHand} onMade={setMade} />
}

interface InviteFormProps extends InviteDialogProps {
  readonly onMade: (made: CreatedInvitation) => void
}

function InviteForm({ onClose, onAddByHand, onMade }: InviteFormProps) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<RoleId>('user')
  const [hours, setHours] = useState('24')
  const [room, setRoom] = useState('default')
  const workflows = useWorkflows().data
  const create = useCreateInvitation()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const quotaBytes = rooms.find(({ value }) => value === room)?.bytes
    const proposed = name.trim() === '' ? {} : { name: name.trim() }
    const body = { kind: 'account' as const, role, hours: Number(hours), ...proposed }
    create.mutate({ ...body, ...(quotaBytes === undefined ? {} : { quotaBytes }) }, { onSuccess: onMade })
  }
  const nameError = fieldMessage(create.error, 'name')
  return (
    <Dialog title="Invite somebody" onClose={onClose} size={560}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <TextInput
          label="Who is it for?"
          description="Only a proposal; they choose their name and password on their phone."
          placeholder="Nobody in particular"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={nameError}
          maxLength={40}
          autoComplete="off"
          data-autofocus
        />
        <RoleChoice value={role} onChange={setRole} />
        {workflows?.length === 0 && (
          <Notice tone="plain">
            A first workflow is made ready by itself once ComfyUI runs and has a model. You can publish your own on the
            page Workflows.
          </Notice>
        )}
        <div className={styles.pair}>
          {role === 'administrator' ? (
            <p className={styles.fixed}>The link works for 1 hour.</p>
          ) : (
            <NativeSelect
              label="The link works for"
              value={hours}
              onChange={(event) => setHours(event.currentTarget.value)}
              data={spans}
            />
          )}
          <NativeSelect
            label="Room for their files"
            value={room}
            onChange={(event) => setRoom(event.currentTarget.value)}
            data={rooms.map(({ value, label }) => ({ value, label }))}
          />
        </div>
        {nameError === undefined && <Refusal error={create.error} />}
        <DialogActions>
          <Button variant="subtle" onClick={onAddByHand}>
            Choose a password for them instead
          </Button>
          <Button type="submit" loading={create.isPending}>
            Make the invitation
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
