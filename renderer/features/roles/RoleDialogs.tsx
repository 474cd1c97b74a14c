import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { fieldMessage } from '../../api/apiError.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { useChangeRole, useCopyRole, useRemoveRole } from './roleQueries.ts'
import { roleMeaning, roleTitle } from './roleWords.ts'

interface CopyRoleDialogProps {
  readonly roles: readonly RoleAnswer[]
  readonly copyOf: string
  readonly onCopied: (id: string) => void
  readonly onClose: () => void
}

/** A new role begins as a copy of one that is there. */
export function CopyRoleDialog({ roles, copyOf: first, onCopied, onClose }: CopyRoleDialogProps) {
  const [copyOf, setCopyOf] = useState(first)
  const [title, setTitle] = useState('')
  const [meaning, setMeaning] = useState('')
  const copy = useCopyRole()
  const from = roles.find(({ id }) => id === copyOf)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    copy.mutate({ title, meaning, copyOf }, { onSuccess: ({ id }) => onCopied(id) })
  }
  return (
    <Dialog title="New role" onClose={onClose}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <NativeSelect
          label="Start as a copy of"
          description={from === undefined ? undefined : roleMeaning(from)}
          value={copyOf}
          onChange={(event) => setCopyOf(event.currentTarget.value)}
          data={roles.map((role) => ({ value: role.id, label: roleTitle(role) }))}
        />
        <TitleField title={title} onChange={setTitle} error={fieldMessage(copy.error, 'title')} />
        <MeaningField meaning={meaning} onChange={setMeaning} error={fieldMessage(copy.error, 'meaning')} />
        <p className="quiet small">
          It begins with the same rules, and what you change of one does not change the other. Installing programs and
          managing people stay with administrators.
        </p>
        {fieldMessage(copy.error, 'title') === undefined && <Refusal error={copy.error} />}
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={copy.isPending} disabled={title.trim() === ''}>
            Make the role
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

interface FieldProps {
  readonly onChange: (text: string) => void
  readonly error: string | undefined
}

function TitleField({ title, onChange, error }: FieldProps & { readonly title: string }) {
  return (
    <TextInput
      label="Name"
      value={title}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      maxLength={40}
      required
      withAsterisk={false}
      autoComplete="off"
      data-autofocus
    />
  )
}

function MeaningField({ meaning, onChange, error }: FieldProps & { readonly meaning: string }) {
  return (
    <TextInput
      label="What it means, in a few words"
      description="Stands beside the name where you choose a role, and the people who have it read it too."
      value={meaning}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      maxLength={200}
      autoComplete="off"
    />
  )
}

interface RoleDialogProps {
  readonly role: RoleAnswer
  readonly onClose: () => void
}

/** Another name and other words; what the role may do stays. */
export function RenameRoleDialog({ role, onClose }: RoleDialogProps) {
  const [title, setTitle] = useState(role.title)
  const [meaning, setMeaning] = useState(role.meaning)
  const change = useChangeRole(role.id)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    change.mutate({ title, meaning }, { onSuccess: onClose })
  }
  return (
    <Dialog title={`Rename ${role.title}`} onClose={onClose}>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <TitleField title={title} onChange={setTitle} error={fieldMessage(change.error, 'title')} />
        <MeaningField meaning={meaning} onChange={setMeaning} error={fieldMessage(change.error, 'meaning')} />
        {fieldMessage(change.error, 'title') === undefined && <Refusal error={change.error} />}
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending} disabled={title.trim() === ''}>
            Rename
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

/** Only of a role that nobody has. */
export function RemoveRoleDialog({ role, onClose, onGone }: RoleDialogProps & { readonly onGone: () => void }) {
  const remove = useRemoveRole(role.id)
  return (
    <ConfirmDialog
      title={`Remove the role ${role.title}?`}
      action={`Remove ${role.title}`}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onGone })}
      onClose={onClose}
    >
      <p>Nobody has it. Workflows that were open to it are open to it no longer; everything else stays as it is.</p>
    </ConfirmDialog>
  )
}
