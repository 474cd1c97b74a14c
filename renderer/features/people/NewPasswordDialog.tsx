import { Button, Checkbox } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { Person } from '../../../proxy/contract/accounts.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { CredentialsCard } from './CredentialsCard.tsx'
import { PasswordChoice, suggestPassword } from './PasswordChoice.tsx'
import { useSetPassword } from './peopleQueries.ts'

interface NewPasswordDialogProps {
  readonly person: Person
  readonly onClose: () => void
}

/** Sets a password for somebody who forgot theirs, and says what happens to devices and keys. */
export function NewPasswordDialog({ person, onClose }: NewPasswordDialogProps) {
  const [password, setPassword] = useState(suggestPassword)
  const [endKeys, setEndKeys] = useState(false)
  const set = useSetPassword(person.id)
  if (set.isSuccess) {
    return (
      <Dialog title={`New password for ${person.name}`} onClose={onClose} dismissable={false}>
        <CredentialsCard name={person.name} password={password} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            I have saved it
          </Button>
        </DialogActions>
      </Dialog>
    )
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    set.mutate({ password, endKeys })
  }
  const passwordError = fieldMessage(set.error, 'password')
  return (
    <Dialog title={`New password for ${person.name}`} onClose={onClose}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <PasswordChoice value={password} onChange={setPassword} error={passwordError} />
        <p className="quiet">Every device of {person.name} is signed out. Keys keep working.</p>
        {person.keyCount > 0 && (
          <Checkbox
            label={person.keyCount === 1 ? 'Also end the key' : `Also end the ${person.keyCount} keys`}
            checked={endKeys}
            onChange={(event) => setEndKeys(event.currentTarget.checked)}
          />
        )}
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
