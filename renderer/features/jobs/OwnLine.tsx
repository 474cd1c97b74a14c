import { ActionIcon, Button } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useState } from 'react'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { CancelJobDialog } from './CancelJobDialog.tsx'
import { HeldToast } from './HeldToast.tsx'
import { useChangeJob, useMoveJob } from './jobQueries.ts'
import { placeWords } from './jobWords.ts'
import styles from './JobList.module.css'
import { placeOneStep } from './lineOrder.ts'

interface OwnLineProps {
  readonly jobs: readonly JobAnswer[]
  readonly moves: boolean
}

/** One's own jobs that wait: their places, their order among themselves, and how to hold or cancel them. */
export function OwnLine({ jobs, moves }: OwnLineProps) {
  const [cancelling, setCancelling] = useState<JobAnswer>()
  const [held, setHeld] = useState<JobAnswer>()
  const [said, setSaid] = useState('')
  const move = useMoveJob('own')
  const change = useChangeJob()
  const ids = jobs.map(({ id }) => id)
  const step = (job: JobAnswer, way: 'up' | 'down') => {
    const to = placeOneStep(ids, job.id, way)
    if (to === undefined) return
    move.mutate({ id: job.id, to })
    setSaid(`It is now number ${ids.indexOf(job.id) + (way === 'up' ? 0 : 2)} of your ${ids.length}.`)
  }
  return (
    <>
      <p role="status" className="visuallyHidden">
        {said}
      </p>
      <Refusal error={move.error ?? change.error} />
      <HeldToast job={held} words="It is on hold." change={change} onClose={() => setHeld(undefined)} />
      <ol className={styles.list}>
        {jobs.map((job, index) => {
          const title = job.title === '' ? `${job.nodes} nodes` : job.title
          return (
            <li key={job.id} className={styles.row}>
              <div className={styles.words}>
                <p className={styles.place}>{placeWords(job, moves)}</p>
                <p className="quiet small">{title}</p>
              </div>
              <div className={styles.actions}>
                {jobs.length > 1 && (
                  <>
                    <Step way="up" number={index + 1} disabled={index === 0} onStep={() => step(job, 'up')} />
                    <Step
                      way="down"
                      number={index + 1}
                      disabled={index === jobs.length - 1}
                      onStep={() => step(job, 'down')}
                    />
                  </>
                )}
                <Button
                  variant="default"
                  aria-label={`Hold job ${index + 1}`}
                  onClick={() => change.mutate({ id: job.id, held: true }, { onSuccess: () => setHeld(job) })}
                >
                  Hold
                </Button>
                <Button
                  variant="subtle"
                  color="red"
                  aria-label={`Cancel job ${index + 1}`}
                  onClick={() => setCancelling(job)}
                >
                  Cancel
                </Button>
              </div>
            </li>
          )
        })}
      </ol>
      {cancelling !== undefined && <CancelJobDialog job={cancelling} isOwn onClose={() => setCancelling(undefined)} />}
    </>
  )
}

interface StepProps {
  readonly way: 'up' | 'down'
  readonly number: number
  readonly disabled: boolean
  readonly onStep: () => void
}

function Step({ way, number, disabled, onStep }: StepProps) {
  const Icon = way === 'up' ? IconArrowUp : IconArrowDown
  return (
    <ActionIcon
      variant="default"
      size={36}
      className={styles.step}
      aria-label={way === 'up' ? `Job ${number} before the one above` : `Job ${number} after the one below`}
      disabled={disabled}
      onClick={onStep}
    >
      <Icon size={18} aria-hidden />
    </ActionIcon>
  )
}
