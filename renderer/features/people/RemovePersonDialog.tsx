import type { Person } from '../../../proxy/contract/accounts.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { removalWords } from './personWords.ts'
import { useRemovePerson } from './peopleQueries.ts'

interface RemovePersonDialogProps {
  readonly person: Person
  readonly onClose: () => void
  readonly onGone: () => void
}

/** Names who and what goes, and says what stays. */
export function RemovePersonDialog({ person, onClose, onGone }: RemovePersonDialogProps) {
  const remove = useRemovePerson(person.id)
  return (
    <ConfirmDialog
      title={`Remove ${person.name}?`}
      action={removalWords(person)}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onGone })}
      onClose={onClose}
    >
      <p>
        {person.name} is signed out everywhere at once and cannot come back. Pictures stay where they are, in{' '}
        {person.name}’s own folder on this computer.
      </p>
      {!person.disabled && <p className="quiet">To keep the account for later, turn {person.name} away instead.</p>}
    </ConfirmDialog>
  )
}
