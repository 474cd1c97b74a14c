import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { Person, RoleId } from '../../../proxy/contract/accounts.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { ShownOnceDialog } from '../../components/DoneDialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { CredentialsCard } from './CredentialsCard.tsx'
import { PasswordChoice, suggestPassword } from './PasswordChoice.tsx'
import { useAddPerson } from './peopleQueries.ts'
import { useWorkflows } from '../workflows/workflowQueries.ts'
import { useSharing } from '../sharing/sharingQueries.ts'
import { arrivalWords, usualRole } from './personWords.ts'
import { RoleChoice } from './RoleChoice.tsx'

interface AddPersonDialogProps {
  readonly onClose: () => void
}

/** Name, role, password; then what to tell the person, shown once. */
export function AddPersonDialog({ onClose }: AddPersonDialogProps) {
  const isShared = useSharing().data?.on === true
  const [added, setAdded] = useState<{ person: Person; password: string }>()
  if (added !== undefined) {
    return (
      <ShownOnceDialog title={`${added.person.name} ${arrivalWords(isShared)}`} onClose={onClose}>
        <CredentialsCard name={added.person.name} password={added.password} />
      </ShownOnceDialog>
    )
  }
  return <AddPersonForm onClose={onClose} onAdded={(person, password) => setAdded({ person, password })} />
}

interface AddPersonFormProps {
  readonly onClose: () => void
  readonly onAdded: (person: Person, password: string) => void
}

function AddPersonForm({ onClose, onAdded }: AddPersonFormProps) {
  const [name, setName] = useState('')
  const [chosenRole, setRole] = useState<RoleId>()
  const workflows = useWorkflows().data
  const role = chosenRole ?? usualRole(workflows)
  const [password, setPassword] = useState(suggestPassword)
  const add = useAddPerson()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    add.mutate({ name, role, password }, { onSuccess: (person) => onAdded(person, password) })
  }
  const nameError = fieldMessage(add.error, 'name')
  const passwordError = fieldMessage(add.error, 'password')
  return (
    <Dialog title="Add a person" onClose={onClose} size={560}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <TextInput
          label="Name"
          description="What this person types to sign in."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={nameError}
          maxLength={40}
          required
          withAsterisk={false}
          autoComplete="off"
          data-autofocus
        />
        <RoleChoice value={role} onChange={setRole} />
        {workflows?.length === 0 && (role === 'user' || role === 'guest') && (
          <Notice tone="attention">Nothing is ready to run yet. Publish a workflow on the page Workflows.</Notice>
        )}
        <PasswordChoice value={password} onChange={setPassword} error={passwordError} />
        {nameError === undefined && passwordError === undefined && <Refusal error={add.error} />}
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending} disabled={name.trim() === ''}>
            {name.trim() === '' ? 'Add' : `Add ${name.trim()}`}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
