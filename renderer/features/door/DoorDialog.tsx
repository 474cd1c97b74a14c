import { Button, Radio } from '@mantine/core'
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { KnockAtDoor } from '../../../proxy/contract/knocks.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { DoneDialog } from '../../components/DoneDialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Countdown } from '../../components/TimeAgo.tsx'
import { useAnswerKnock, useKnocks, useSendAllAway } from './doorQueries.ts'
import { answeredWords } from './doorWords.ts'
import styles from './door.module.css'

const noneOfThem = 'none'

/** One after the other: who asks, and which words are on their phone. */
export function DoorDialog({ onClose }: { readonly onClose: () => void }) {
  const items = useKnocks().data?.items ?? []
  const [answered, setAnswered] = useState<string>()
  const [knock] = items
  if (knock === undefined) {
    return (
      <DoneDialog title="At the door" onClose={onClose}>
        <p role="status">{answered ?? 'Nobody is at the door.'}</p>
      </DoneDialog>
    )
  }
  return (
    <Dialog
      title={items.length === 1 ? 'At the door' : `At the door: ${items.length} people`}
      onClose={onClose}
      size={600}
    >
      {answered !== undefined && (
        <Notice tone="plain" announce>
          The one before: {answered}
        </Notice>
      )}
      <Question key={knock.id} knock={knock} isNext={answered !== undefined} onAnswered={setAnswered}>
        {items.length > 1 && <SendAllAway onDone={() => setAnswered('Everybody at the door was sent away.')} />}
      </Question>
    </Dialog>
  )
}

/** For a door at which somebody plays. */
function SendAllAway({ onDone }: { readonly onDone: () => void }) {
  const send = useSendAllAway()
  return (
    <div>
      <Refusal error={send.error} />
      <Button
        variant="subtle"
        size="compact-sm"
        loading={send.isPending}
        onClick={() => send.mutate(undefined, { onSuccess: onDone })}
      >
        Send everybody at the door away
      </Button>
    </div>
  )
}

interface QuestionProps {
  readonly knock: KnockAtDoor
  readonly isNext: boolean
  /** What else there is to do at the door. */
  readonly children: ReactNode
  readonly onAnswered: (words: string) => void
}

/** The name is a stranger's text: quoted, on its own, and nothing is done by it. */
function Question({ knock, isNext, children, onAnswered }: QuestionProps) {
  const { name, device, address, endsAt, choices, looksLike } = knock
  const [picked, setPicked] = useState('')
  const answer = useAnswerKnock(knock.id)
  const isPicked = choices.includes(picked)
  const letIn = (as: 'user' | 'guest') =>
    answer.mutate(
      { letIn: as, words: picked },
      { onSuccess: ({ result }) => onAnswered(answeredWords(result, name, as)) },
    )
  const refuse = () => answer.mutate({ letIn: 'no' }, { onSuccess: () => onAnswered(`“${name}” was not let in.`) })
  return (
    <>
      <p>{isNext ? 'Next, somebody says their name is' : 'Somebody says their name is'}</p>
      <p className={styles.name}>
        “<bdi>{name}</bdi>”
      </p>
      <p className="quiet">
        {device} at {address}. The question ends <Countdown at={endsAt} />.
      </p>
      {looksLike !== null && (
        <Notice tone="attention">
          That could be taken for “<bdi>{looksLike}</bdi>”, so only as a guest. Somebody you know forgot a password?
          Give them a new one from their row.
        </Notice>
      )}
      <Radio.Group
        label="Which words are on their phone? Look at it, or let them read it to you."
        value={picked}
        onChange={setPicked}
      >
        <div className={styles.choices}>
          {choices.map((words) => (
            <Radio key={words} value={words} label={words} />
          ))}
          <Radio value={noneOfThem} label="None of these" />
        </div>
      </Radio.Group>
      {picked === noneOfThem && <Notice tone="attention">Then it is somebody else. Do not let them in.</Notice>}
      <p className="quiet small">
        A User runs the workflows that you make ready. You change that on People at any time.
      </p>
      {children}
      <Refusal error={answer.error} />
      <DialogActions>
        <Button variant="default" loading={answer.isPending} onClick={refuse}>
          Do not let in
        </Button>
        <Button variant="default" disabled={!isPicked} loading={answer.isPending} onClick={() => letIn('guest')}>
          As a guest, for 2 hours
        </Button>
        <Button disabled={!isPicked || looksLike !== null} loading={answer.isPending} onClick={() => letIn('user')}>
          As a User, for good
        </Button>
      </DialogActions>
    </>
  )
}
