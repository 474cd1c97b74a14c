import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import { EntryForm, EntryFrame } from '../components/EntryFrame.tsx'
import { Refusal } from '../components/ErrorState.tsx'
import { PasswordField } from '../components/PasswordField.tsx'
import { SecretField } from '../components/SecretField.tsx'
import { NameField } from '../features/account/NameField.tsx'
import { TryButton } from '../features/account/TryButton.tsx'
import { useGenerateToken } from '../features/tokens/tokenQueries.ts'

const lifetimes = [
  { value: '12', label: '12 hours' },
  { value: '24', label: 'A day' },
  { value: '168', label: 'A week' },
  { value: '720', label: '30 days' },
  { value: '8760', label: 'A year' },
]

const empty = { username: '', password: '', hours: '720' }

/** A token (JWT) for a tool, shown once. */
export function TokenPage() {
  const [fields, setFields] = useState(empty)
  const generate = useGenerateToken()
  const change = (part: Partial<typeof empty>) => setFields((before) => ({ ...before, ...part }))
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const body = { username: fields.username.trim(), password: fields.password, expire_hours: Number(fields.hours) }
    generate.mutate(body, { onSuccess: () => change({ password: '' }) })
  }
  return (
    <EntryFrame title="A token for a tool">
      {generate.data === undefined ? (
        <EntryForm onSubmit={submit}>
          <p className="quiet">Whoever has it acts in your name until it ends. A key from your page Me can do less.</p>
          <TokenFields fields={fields} onChange={change} />
          <Refusal error={generate.error} />
          <TryButton error={generate.error} loading={generate.isPending}>
            Make the token
          </TryButton>
        </EntryForm>
      ) : (
        <MadeToken token={generate.data.jwt_token} onSaved={() => generate.reset()} />
      )}
    </EntryFrame>
  )
}

interface TokenFieldsProps {
  readonly fields: typeof empty
  readonly onChange: (part: Partial<typeof empty>) => void
}

function TokenFields({ fields, onChange }: TokenFieldsProps) {
  return (
    <>
      <NameField
        label="Name"
        name="username"
        value={fields.username}
        onChange={(username) => onChange({ username })}
        autoComplete="username"
        autoFocus
      />
      <PasswordField
        label="Password"
        name="password"
        value={fields.password}
        onChange={(password) => onChange({ password })}
        autoComplete="current-password"
      />
      <NativeSelect
        label="It holds for"
        data={lifetimes}
        value={fields.hours}
        onChange={(event) => onChange({ hours: event.currentTarget.value })}
      />
    </>
  )
}

function MadeToken({ token, onSaved }: { readonly token: string; readonly onSaved: () => void }) {
  return (
    <>
      <SecretField label="Shown only now. Copy it to where it is used." secret={token} copyLabel="Copy the token" />
      <p className="quiet small">Send it in the header Authorization: Bearer. You end it on your page Me, Devices.</p>
      <Button variant="default" onClick={onSaved}>
        I have saved it
      </Button>
    </>
  )
}
