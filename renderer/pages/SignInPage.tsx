import { TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import type { SyntheticEvent } from 'react'
import { GateMark } from '../components/GateMark.tsx'
import { Refusal } from '../components/ErrorState.tsx'
import { PasswordField } from '../components/PasswordField.tsx'
import { useSignIn } from '../features/account/accountQueries.ts'
import { TryButton } from '../features/account/TryButton.tsx'
import { findLandingPath } from '../features/account/landingPath.ts'
import { KnockAnswer, KnockEntry } from '../features/door/KnockEntry.tsx'
import { forgetOwnKnock, recallOwnKnock } from '../features/door/ownKnock.ts'
import type { OwnKnock } from '../features/door/ownKnock.ts'
import { GuestEntry } from '../features/guests/GuestEntry.tsx'
import styles from './SignInPage.module.css'

/** Name and password; then on to where one wanted to go. */
export function SignInPage() {
  const [knock, setKnock] = useState(recallOwnKnock)
  if (knock === undefined) return <SignIn onKnocked={setKnock} />
  const again = () => {
    forgetOwnKnock()
    setKnock(undefined)
  }
  return (
    <main className={styles.root}>
      <div className={styles.form}>
        <span className={styles.mark}>
          <GateMark size={44} state={{ kind: 'running' }} />
        </span>
        <KnockAnswer knock={knock} onAgain={again} />
      </div>
    </main>
  )
}

function SignIn({ onKnocked }: { readonly onKnocked: (knock: OwnKnock) => void }) {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const form = useRef<HTMLFormElement>(null)
  const signIn = useSignIn()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    signIn.mutate(
      { username: username.trim(), password },
      {
        onSuccess: (session) =>
          window.location.replace(findLandingPath(window.location.search, window.location.origin, session)),
        onError: () => form.current?.querySelector<HTMLInputElement>('input[name="password"]')?.select(),
      },
    )
  }
  return (
    <main className={styles.root}>
      <div className={styles.form}>
        <form ref={form} className={styles.fields} onSubmit={submit} method="post" action="/login">
          <span className={styles.mark}>
            <GateMark size={44} state={{ kind: 'running' }} />
          </span>
          <h1>Sign in</h1>
          <p className="quiet">This computer lets in only the people its owner has added.</p>
          <TextInput
            label="Name"
            name="username"
            value={username}
            onChange={(event) => setUsername(event.currentTarget.value)}
            autoComplete="username"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus
          />
          <PasswordField
            label="Password"
            name="password"
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
          />
          <Refusal error={signIn.error} />
          <TryButton error={signIn.error} loading={signIn.isPending || signIn.isSuccess}>
            Sign in
          </TryButton>
          <p className="quiet small">Forgot it? Ask whoever runs this computer: People, your name, New password.</p>
        </form>
        <KnockEntry onKnocked={onKnocked} />
        <GuestEntry />
      </div>
    </main>
  )
}
