import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import type { SyntheticEvent } from 'react'
import { Refusal } from '../components/ErrorState.tsx'
import { GateMark } from '../components/GateMark.tsx'
import { PasswordField } from '../components/PasswordField.tsx'
import { SecretField } from '../components/SecretField.tsx'
import { NameField } from '../features/account/NameField.tsx'
import { TryButton } from '../features/account/TryButton.tsx'
import { useGenerateToken } from '../features/tokens/tokenQueries.ts'
import styles from './SignInPage.module.css'

const lifetimes = [
  { value: '12', label: '12 hours' },
  { value: '24', label: 'A day' },
  { value: '168', label: 'A week' },
  { value: '720', label: '30 days' },
  { value: '8760', label: 'A year' },
]

/** A token (JWT) for a tool, shown once. */
export function TokenPage() {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [hours, setHours] = useState('720')
  const generate = useGenerateToken()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const fields = { username: username.trim(), password, expire_hours: Number(hours) }
    generate.mutate(fields, { onSuccess: () => setPassword('') })
  }
  return (
    <main className={styles.root}>
      <div className={styles.form}>
        <span className={styles.mark}>
          <GateMark size={44} state={{ kind: 'running' }} />
        </span>
        <h1>A token for a tool</h1>
        {generate.data === undefined ? (
          <form className={styles.fields} onSubmit={submit} method="post">
            <p className="quiet">
              Whoever has it acts in your name until it ends. A key from your page Me can do less.
            </p>
            <NameField
              label="Name"
              name="username"
              value={username}
              onChange={setUsername}
              autoComplete="username"
              autoFocus
            />
            <PasswordField
              label="Password"
              name="password"
              value={password}
              onChange={setPassword}
              autoComplete="current-password"
            />
            <NativeSelect
              label="It holds for"
              data={lifetimes}
              value={hours}
              onChange={(event) => setHours(event.currentTarget.value)}
            />
            <Refusal error={generate.error} />
            <TryButton error={generate.error} loading={generate.isPending}>
              Make the token
            </TryButton>
          </form>
        ) : (
          <>
            <SecretField
              label="Shown only now. Copy it to where it is used."
              secret={generate.data.jwt_token}
              copyLabel="Copy the token"
            />
            <p className="quiet small">
              Send it in the header Authorization: Bearer. You end it on your page Me, Devices.
            </p>
            <Button variant="default" onClick={() => generate.reset()}>
              I have saved it
            </Button>
          </>
        )}
      </div>
    </main>
  )
}
