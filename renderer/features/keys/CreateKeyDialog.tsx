import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { Person } from '../../../proxy/contract/accounts.ts'
import type { CreatedKey, Scope } from '../../../proxy/contract/keys.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { useSharing } from '../sharing/sharingQueries.ts'
import { CreatedKeyDialog } from './CreatedKeyDialog.tsx'
import { KeyFields, emptyKeyDraft } from './KeyFields.tsx'
import { useCreateKey } from './keyQueries.ts'

interface CreateKeyDialogProps {
  readonly people: readonly Person[]
  /** Whose key, when it was asked for at a person. */
  readonly forId: string | undefined
  readonly onClose: () => void
}

/** Asks what the key is for, then shows it once with lines ready to paste. */
export function CreateKeyDialog({ people, forId, onClose }: CreateKeyDialogProps) {
  const [created, setCreated] = useState<CreatedKey>()
  const sharing = useSharing()
  if (created === undefined) {
    return <CreateKeyForm people={people} forId={forId} onClose={onClose} onCreated={setCreated} />
  }
  const url = sharing.data?.primaryUrl ?? sharing.data?.localUrl ?? 'http://127.0.0.1:8190'
  return <CreatedKeyDialog created={created} url={url} onClose={onClose} />
}

interface CreateKeyFormProps extends CreateKeyDialogProps {
  readonly onCreated: (key: CreatedKey) => void
}

function CreateKeyForm({ people, forId, onClose, onCreated }: CreateKeyFormProps) {
  const [draft, setDraft] = useState(emptyKeyDraft)
  const [userId, setUserId] = useState(forId ?? people[0]?.id)
  const create = useCreateKey()
  const person = people.find(({ id }) => id === userId)
  const offered = offeredScopes(person)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const scopes = draft.scopes.filter((scope) => offered.includes(scope))
    create.mutate(
      { name: draft.name, scopes, expiresInDays: draft.expiresInDays, ...(userId === undefined ? {} : { userId }) },
      { onSuccess: onCreated },
    )
  }
  return (
    <Dialog title="New key" onClose={onClose} size={560}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <NativeSelect
          label="For whom?"
          description="The tool acts as this person and never with more rights."
          value={userId ?? ''}
          onChange={(event) => setUserId(event.currentTarget.value)}
          data={people.map(({ id, name, isOwner }) => ({ value: id, label: isOwner ? `${name} (you)` : name }))}
        />
        <KeyFields draft={draft} onChange={setDraft} offered={offered} nameError={fieldMessage(create.error, 'name')} />
        <Refusal error={create.error} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={create.isPending}
            disabled={draft.name.trim() === '' || draft.scopes.length === 0}
          >
            Create key
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

/** Nobody is offered what their role could never use. */
function offeredScopes(person: Person | undefined): readonly Scope[] {
  return person?.role === 'administrator' ? ['run', 'read', 'keys', 'administer'] : ['run', 'read', 'keys']
}
