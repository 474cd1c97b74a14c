import { Button, Checkbox } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { Person } from '../../../proxy/contract/accounts.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { ShownOnceDialog } from '../../components/DoneDialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import type { CreatedInvitation } from '../../../proxy/contract/invitations.ts'
import { InvitationLink } from '../invitations/InvitationLink.tsx'
import { useCreateInvitation } from '../invitations/invitationQueries.ts'
import { CredentialsCard } from './CredentialsCard.tsx'
import { PasswordChoice, suggestPassword } from './PasswordChoice.tsx'
import { useSetPassword } from './peopleQueries.ts'

interface NewPasswordDialogProps {
  readonly person: Person
  readonly onClose: () => void
}

/** A link by which somebody who forgot theirs chooses a new password; or one is chosen for them here. */
export function NewPasswordDialog({ person, onClose }: NewPasswordDialogProps) {
  const [byHand, setByHand] = useState(person.isOwner)
  const [made, setMade] = useState<CreatedInvitation>()
  if (made !== undefined) return <InvitationLink made={made} onClose={onClose} />
  if (byHand) return <PasswordByHand person={person} onClose={onClose} />
  return <PasswordLinkForm person={person} onClose={onClose} onByHand={() => setByHand(true)} onMade={setMade} />
}

interface PasswordLinkFormProps extends NewPasswordDialogProps {
  readonly onByHand: () => void
  readonly onMade: (made: CreatedInvitation) => void
}

function PasswordLinkForm({ person, onClose, onByHand, onMade }: PasswordLinkFormProps) {
  const [endKeys, setEndKeys] = useState(false)
  const create = useCreateInvitation()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    create.mutate({ kind: 'password', accountId: person.id, endKeys }, { onSuccess: onMade })
  }
  return (
    <Dialog title={`New password for ${person.name}`} onClose={onClose}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <p>
          {person.name} scans a code and chooses a new password on their phone. It works once, for an hour; until it is
          used, everything stays as it is. Then every device of {person.name} is signed out.
        </p>
        <KeysChoice person={person} value={endKeys} onChange={setEndKeys} />
        <Refusal error={create.error} />
        <DialogActions>
          <Button variant="subtle" onClick={onByHand}>
            Choose one for them instead
          </Button>
          <Button type="submit" loading={create.isPending} data-autofocus>
            Make the code
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

interface KeysChoiceProps {
  readonly person: Person
  readonly value: boolean
  readonly onChange: (endKeys: boolean) => void
}

function KeysChoice({ person, value, onChange }: KeysChoiceProps) {
  if (person.keyCount === 0) return null
  return (
    <>
      <p className="quiet">Keys keep working.</p>
      <Checkbox
        label={person.keyCount === 1 ? 'Also end the key' : `Also end the ${person.keyCount} keys`}
        checked={value}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </>
  )
}

/** Sets a password for somebody, and says what happens to devices and keys. */
function PasswordByHand({ person, onClose }: NewPasswordDialogProps) {
  const [password, setPassword] = useState(suggestPassword)
  const [endKeys, setEndKeys] = useState(false)
  const set = useSetPassword(person.id)
  const title = person.isOwner ? 'Your new password' : `New password for ${person.name}`
  if (set.isSuccess) {
    return (
      <ShownOnceDialog title={title} onClose={onClose}>
        <CredentialsCard name={person.name} password={password} isOwn={person.isOwner} />
      </ShownOnceDialog>
    )
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    set.mutate({ password, endKeys })
  }
  const passwordError = fieldMessage(set.error, 'password')
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <PasswordChoice value={password} onChange={setPassword} error={passwordError} />
        <p className="quiet">
          {person.isOwner
            ? 'Every other device of yours is signed out. This window is not.'
            : `Every device of ${person.name} is signed out.`}
        </p>
        <KeysChoice person={person} value={endKeys} onChange={setEndKeys} />
        {passwordError === undefined && <Refusal error={set.error} />}
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={set.isPending}>
            Set this password
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
