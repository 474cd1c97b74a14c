import { useRef, useState } from 'react'
import type { SyntheticEvent } from 'react'
import { EntryForm, EntryFrame } from '../components/EntryFrame.tsx'
import { Refusal } from '../components/ErrorState.tsx'
import { PasswordField } from '../components/PasswordField.tsx'
import { NameField } from '../features/account/NameField.tsx'
import { useSignIn } from '../features/account/accountQueries.ts'
import { findManagePlace } from '../features/administration/managePlace.ts'
import { ManageNotice } from '../features/administration/ManageNotice.tsx'
import { TryButton } from '../features/account/TryButton.tsx'
import { goToLandingPage } from '../features/account/landingPath.ts'
import { KnockAnswer, KnockEntry } from '../features/door/KnockEntry.tsx'
import { forgetOwnKnock, recallOwnKnock } from '../features/door/ownKnock.ts'
import type { OwnKnock } from '../features/door/ownKnock.ts'
import { GuestEntry } from '../features/guests/GuestEntry.tsx'

/** Name and password; then on to where one wanted to go. */
export function SignInPage() {
  const [knock, setKnock] = useState(recallOwnKnock)
  if (knock === undefined) return <SignIn onKnocked={setKnock} />
  const again = () => {
    forgetOwnKnock()
    setKnock(undefined)
  }
  return (
    <EntryFrame>
      <KnockAnswer knock={knock} onAgain={again} />
    </EntryFrame>
  )
}

function SignIn({ onKnocked }: { readonly onKnocked: (knock: OwnKnock) => void }) {
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [manage] = useState(findManagePlace)
  const form = useRef<HTMLFormElement>(null)
  const signIn = useSignIn()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    signIn.mutate(
      { username: username.trim(), password },
      {
        onSuccess: (session) => goToLandingPage(session, window.location.search),
        onError: () => form.current?.querySelector<HTMLInputElement>('input[name="password"]')?.select(),
      },
    )
  }
  return (
    <EntryFrame title={manage === undefined ? 'Sign in' : 'Manage Gatehouse'}>
      <EntryForm ref={form} onSubmit={submit} action="/login">
        {manage === undefined ? (
          <p className="quiet">This computer lets in only the people its owner has added.</p>
        ) : (
          <ManageNotice place={manage} />
        )}
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
        <Refusal error={signIn.error} />
        <TryButton error={signIn.error} loading={signIn.isPending || signIn.isSuccess}>
          Sign in
        </TryButton>
        <p className="quiet small">Forgot it? Ask whoever runs this computer: People, your name, New password.</p>
      </EntryForm>
      {manage === undefined && (
        <>
          <KnockEntry onKnocked={onKnocked} />
          <GuestEntry />
        </>
      )}
    </EntryFrame>
  )
}
