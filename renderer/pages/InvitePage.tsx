import { Button } from '@mantine/core'
import { useRef, useState } from 'react'
import type { SyntheticEvent } from 'react'
import type { SessionAnswer } from '../../proxy/contract/accounts.ts'
import type { Offer } from '../../proxy/contract/invitations.ts'
import { ApiError } from '../api/apiError.ts'
import { EntryForm, EntryFrame } from '../components/EntryFrame.tsx'
import { ErrorState, Refusal } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { PasswordField } from '../components/PasswordField.tsx'
import { goToLandingPage } from '../features/account/landingPath.ts'
import { NameField } from '../features/account/NameField.tsx'
import { useAcceptInvitation, useOffer } from '../features/invitations/invitationQueries.ts'
import { forgetInvitationToken, takeInvitationToken } from '../features/invitations/invitationToken.ts'
import { createPassphrase, fillFromBrowser } from '../features/people/passphrase.ts'
import styles from './InvitePage.module.css'

/** What somebody who was invited sees first: a name, a password, and they are in. */
export function InvitePage() {
  const [token] = useState(takeInvitationToken)
  const offer = useOffer(token)
  if (token === undefined) {
    return (
      <EntryFrame title="Open the link again">
        <p>The invitation stands at the end of its link, and this page was opened without it. Scan the code again.</p>
        <SignInLink />
      </EntryFrame>
    )
  }
  if (offer.data !== undefined) return <AcceptForm token={token} offer={offer.data} />
  if (offer.isPending) {
    return (
      <EntryFrame title="One moment">
        <LoadingRows rows={2} />
      </EntryFrame>
    )
  }
  if (offer.error instanceof ApiError && offer.error.code === 'INVITATION_INVALID') {
    return (
      <EntryFrame title="This link is over">
        <p role="alert">{offer.error.message}</p>
        <SignInLink />
      </EntryFrame>
    )
  }
  return (
    <EntryFrame title="Almost there">
      <ErrorState what="The invitation could not be read." error={offer.error} onRetry={() => void offer.refetch()} />
    </EntryFrame>
  )
}

function AcceptForm({ token, offer }: { readonly token: string; readonly offer: Offer }) {
  const isPassword = offer.kind === 'password'
  const [name, setName] = useState(offer.name ?? '')
  const [suggested] = useState(() => createPassphrase(fillFromBrowser))
  const [password, setPassword] = useState(suggested)
  const form = useRef<HTMLFormElement>(null)
  const accept = useAcceptInvitation()
  const goOn = (session: SessionAnswer) => {
    forgetInvitationToken()
    goToLandingPage(session)
  }
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const body = { token, password, ...(isPassword ? {} : { name: name.trim() }) }
    accept.mutate(body, { onSuccess: goOn, onError: (error) => focusField(form.current, error) })
  }
  return (
    <EntryFrame title={isPassword ? `A new password for ${offer.name ?? 'you'}` : 'You are invited'}>
      <EntryForm ref={form} onSubmit={submit}>
        <p className="quiet">
          {isPassword
            ? 'Every device that is signed in with the old one is signed out.'
            : 'Your name, a password, and you are in.'}
        </p>
        <NameField
          label="Your name"
          name="username"
          value={name}
          onChange={setName}
          autoComplete="username"
          autoCapitalize="words"
          enterKeyHint="next"
          readOnly={isPassword}
          autoFocus={offer.name === null}
        />
        <NewPassword value={password} onChange={setPassword} suggested={suggested} />
        <Refusal error={accept.error} />
        <Button type="submit" size="md" fullWidth loading={accept.isPending || accept.isSuccess}>
          Come in
        </Button>
      </EntryForm>
    </EntryFrame>
  )
}

interface NewPasswordProps {
  readonly value: string
  readonly onChange: (password: string) => void
  readonly suggested: string
}

/** One of ours stands there already, in clear, so that it can be noted down; whoever types takes their own. */
function NewPassword({ value, onChange, suggested }: NewPasswordProps) {
  const field = useRef<HTMLDivElement>(null)
  const isSuggested = value === suggested
  const chooseOwn = () => {
    onChange('')
    field.current?.querySelector('input')?.focus()
  }
  return (
    <div className={styles.password}>
      {/* Typing replaces what nobody typed. */}
      <div ref={field} onFocus={({ target }) => isSuggested && target instanceof HTMLInputElement && target.select()}>
        <PasswordField
          label="Password"
          description={
            isSuggested
              ? 'One is made for you. It stands below.'
              : '12 characters or more. Four or five words are good.'
          }
          name="password"
          value={value}
          onChange={onChange}
          autoComplete="new-password"
        />
      </div>
      <Button variant="default" size="sm" onClick={isSuggested ? chooseOwn : () => onChange(suggested)}>
        {isSuggested ? 'Choose my own' : 'Make one for me'}
      </Button>
      {isSuggested && (
        <p className={styles.suggested}>
          {suggested}
          <span className="quiet small">Note it down, or let this device keep it: other devices ask for it.</span>
        </p>
      )}
    </div>
  )
}

function focusField(form: HTMLFormElement | null, error: unknown): void {
  const isName = error instanceof ApiError && ['ALREADY_EXISTS', 'VALIDATION_FAILED'].includes(error.code)
  form?.querySelector<HTMLInputElement>(`input[name="${isName ? 'username' : 'password'}"]`)?.select()
}

const SignInLink = () => (
  <p>
    Have you been in before? <a href="/login">Sign in</a>
  </p>
)
