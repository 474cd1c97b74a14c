import { Button, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { SyntheticEvent } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { PasswordField } from '../../components/PasswordField.tsx'
import { useDoor, useFirstPassword, useKnock, useKnockAnswer, useWithdrawKnock } from './doorQueries.ts'
import { forgetOwnKnock, keepOwnKnock } from './ownKnock.ts'
import type { OwnKnock } from './ownKnock.ts'
import styles from './door.module.css'

interface KnockEntryProps {
  readonly onKnocked: (knock: OwnKnock) => void
}

/** Asking to come in without an account, while the owner lets people knock. */
export function KnockEntry({ onKnocked }: KnockEntryProps) {
  const door = useDoor().data
  if (door?.open !== true) return null
  const knocked = (knock: OwnKnock) => {
    keepOwnKnock(knock)
    onKnocked(knock)
  }
  return <KnockForm onKnocked={knocked} />
}

function KnockForm({ onKnocked }: { readonly onKnocked: (knock: OwnKnock) => void }) {
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState('')
  const knock = useKnock()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    knock.mutate(name, { onSuccess: onKnocked })
  }
  return (
    <section className={styles.entry} aria-label="No account">
      {isOpen ? (
        <form onSubmit={submit} className={styles.entryForm}>
          <TextInput
            label="What is your name?"
            name="knock"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={40}
            autoComplete="given-name"
            autoCorrect="off"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus
          />
          <Refusal error={knock.error} />
          <Button type="submit" variant="default" size="md" fullWidth loading={knock.isPending}>
            Ask to come in
          </Button>
        </form>
      ) : (
        <Button variant="default" size="md" fullWidth onClick={() => setOpen(true)}>
          No account? Ask to come in
        </Button>
      )}
    </section>
  )
}

interface KnockAnswerProps {
  readonly knock: OwnKnock
  readonly onAgain: () => void
}

/** Words to show, and then what came of it: instead of the sign-in, because nothing else is to be done here. */
export function KnockAnswer({ knock, onAgain }: KnockAnswerProps) {
  const answer = useKnockAnswer(knock.secret)
  const withdraw = useWithdrawKnock(knock.secret)
  const { state = 'waiting', mayChoosePassword = false } = answer.data ?? {}
  useEffect(() => {
    if (state === 'waiting') return
    // From here on only this page knows it: other pages of this address share the tab's memory.
    forgetOwnKnock()
    if (state === 'letIn' && !mayChoosePassword) window.location.replace('/gatehouse/run')
  }, [state, mayChoosePassword])
  if (state === 'letIn' && mayChoosePassword) return <FirstPassword secret={knock.secret} />
  if (state === 'waiting' || state === 'letIn') {
    return (
      <section className={styles.answer} aria-labelledby="knocked">
        <h1 id="knocked">You asked to come in</h1>
        <p>Show this to whoever runs this computer, or say it:</p>
        <p className={styles.shown}>{knock.words}</p>
        <p className="quiet" role="status">
          They pick these words on their screen. Waiting…
        </p>
        <Refusal error={isAnswered(withdraw.error) ? null : withdraw.error} />
        <Button
          variant="default"
          size="md"
          fullWidth
          loading={withdraw.isPending}
          onClick={() => withdraw.mutate(undefined, { onSuccess: onAgain })}
        >
          Cancel
        </Button>
      </section>
    )
  }
  return (
    <section className={styles.answer} aria-labelledby="knocked">
      <h1 id="knocked">Not this time</h1>
      <Notice tone="plain" announce>
        {state === 'refused' ? 'You were not let in.' : 'Nobody answered in time.'}
      </Notice>
      <Button variant="default" size="md" fullWidth onClick={onAgain}>
        Back
      </Button>
    </section>
  )
}

/** There is an answer to the knock, which this page hears of in a moment. */
const isAnswered = (error: unknown): boolean => error instanceof ApiError && error.status === 404

/** Optional: without one, whoever was let in comes in with this browser only. */
function FirstPassword({ secret }: { readonly secret: string }) {
  const [password, setPassword] = useState('')
  const choose = useFirstPassword(secret)
  const goOn = () => window.location.replace('/gatehouse/run')
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    choose.mutate(password, { onSuccess: goOn })
  }
  return (
    <section className={styles.answer} aria-labelledby="letIn">
      <h1 id="letIn">You are in</h1>
      <Notice tone="good" announce>
        Choose a password if you want to come back from other devices, too.
      </Notice>
      <form onSubmit={submit} className={styles.entryForm}>
        <PasswordField
          label="New password"
          description="12 characters or more. Four or five words are good."
          name="new-password"
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
        />
        <Refusal error={choose.error} />
        <Button type="submit" variant="default" fullWidth loading={choose.isPending || choose.isSuccess}>
          Keep this password
        </Button>
        <Button fullWidth onClick={goOn}>
          Go on without
        </Button>
      </form>
    </section>
  )
}
