import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import { EntryForm, EntryFrame } from '../components/EntryFrame.tsx'
import { Refusal } from '../components/ErrorState.tsx'
import { Notice } from '../components/Notice.tsx'
import { PasswordField } from '../components/PasswordField.tsx'
import { NameField } from '../features/account/NameField.tsx'
import { TryButton } from '../features/account/TryButton.tsx'
import { useRegister } from '../features/tokens/tokenQueries.ts'
import type { Registration } from '../features/tokens/tokenQueries.ts'

const roles = [
  { value: 'user', label: 'User: runs what was made ready' },
  { value: 'creator', label: 'Creator: builds workflows, too' },
]

const empty: Registration = { new_user_username: '', new_user_password: '', role: 'user', username: '', password: '' }

/** An administrator adds somebody, with their own password as the proof. */
export function RegisterPage() {
  const [fields, setFields] = useState(empty)
  const [added, setAdded] = useState<string>()
  const register = useRegister()
  const change = (part: Partial<Registration>) => setFields((before) => ({ ...before, ...part }))
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setAdded(undefined)
    register.mutate(fields, {
      onSuccess: () => {
        setAdded(fields.new_user_username)
        // One's own name stays for the next person.
        setFields((before) => ({ ...empty, username: before.username }))
      },
    })
  }
  return (
    <EntryFrame title="Add a person">
      <EntryForm onSubmit={submit}>
        <p className="quiet">For administrators. Somebody without a name here asks for an invitation instead.</p>
        {added !== undefined && (
          <Notice tone="good" announce>
            {added} can sign in now.
          </Notice>
        )}
        <NewPersonFields fields={fields} onChange={change} />
        <ProofFields fields={fields} onChange={change} />
        <Refusal error={register.error} />
        <TryButton error={register.error} loading={register.isPending}>
          Add the person
        </TryButton>
      </EntryForm>
    </EntryFrame>
  )
}

interface FieldsProps {
  readonly fields: Registration
  readonly onChange: (part: Partial<Registration>) => void
}

function NewPersonFields({ fields, onChange }: FieldsProps) {
  return (
    <>
      <NameField
        label="Their name"
        description="Letters, digits and underscores, 3 or more."
        name="new_user_username"
        value={fields.new_user_username}
        onChange={(value) => onChange({ new_user_username: value })}
        autoComplete="off"
        autoFocus
      />
      <PasswordField
        label="Their password"
        description="12 characters or more. Four or five words that do not belong together are good."
        name="new_user_password"
        value={fields.new_user_password}
        onChange={(value) => onChange({ new_user_password: value })}
        autoComplete="new-password"
      />
      <NativeSelect
        label="Role"
        data={roles}
        value={fields.role}
        onChange={(event) => onChange({ role: event.currentTarget.value === 'creator' ? 'creator' : 'user' })}
      />
    </>
  )
}

function ProofFields({ fields, onChange }: FieldsProps) {
  return (
    <>
      <NameField
        label="Your name"
        name="username"
        value={fields.username}
        onChange={(value) => onChange({ username: value })}
        autoComplete="username"
      />
      <PasswordField
        label="Your password"
        name="password"
        value={fields.password}
        onChange={(value) => onChange({ password: value })}
        autoComplete="current-password"
      />
    </>
  )
}
