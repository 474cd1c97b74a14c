import { Button } from '@mantine/core'
import { IconPhotoSpark } from '@tabler/icons-react'
import { useState } from 'react'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { Notice } from '../../components/Notice.tsx'
import { useNow } from '../../components/useNow.ts'
import { CancelJobDialog } from '../jobs/CancelJobDialog.tsx'
import { useQueueState } from '../jobs/jobQueries.ts'
import { elapsedWords, isMovingAt, placeWords, progressWords, standstillWords } from '../jobs/jobWords.ts'
import { previewPath, workflowPicturePath } from './runQueries.ts'
import styles from './RunView.module.css'

interface RunUnderwayProps {
  readonly job: JobAnswer
  readonly workflow: Workflow | undefined
}

/** A run that waits or goes on: where it stands, what there is to see of it, and how to stop it. */
export function RunUnderway({ job, workflow }: RunUnderwayProps) {
  const [stopping, setStopping] = useState(false)
  const nowMs = useNow(1000)
  const queue = useQueueState().data
  const runs = job.state === 'running'
  const moves = queue === undefined || isMovingAt(queue, nowMs)
  const standstill = queue === undefined || runs ? undefined : standstillWords(queue, nowMs, 'the owner')
  return (
    <section className={styles.underway} aria-label="Your run">
      <Preview job={job} workflow={workflow} />
      <div>
        <p className={styles.state} role="status">
          {stateWords(job, moves)}
        </p>
        <progress
          aria-label="Progress of your run"
          max={1}
          {...(job.progress === null ? (runs ? {} : { value: 0 }) : { value: job.progress.fraction })}
        />
        <p className={styles.facts}>{runs ? elapsedWords(job, nowMs) : waitWords(job)}</p>
      </div>
      {job.state === 'held' && <Notice tone="attention">{job.reason ?? 'It is on hold.'}</Notice>}
      {standstill !== undefined && (
        <Notice tone="attention">
          {standstill.title !== undefined && <strong>{standstill.title}. </strong>}
          {standstill.text}
        </Notice>
      )}
      <Button variant="default" fullWidth size="md" onClick={() => setStopping(true)}>
        {runs ? 'Stop' : 'Cancel'}
      </Button>
      <p className={styles.leave}>You can leave this page: it goes on, and you find the result under Pictures.</p>
      {stopping && <CancelJobDialog job={job} isOwn onClose={() => setStopping(false)} />}
    </section>
  )
}

function stateWords(job: JobAnswer, moves: boolean): string {
  if (job.state === 'held') return 'On hold'
  if (job.state !== 'running') return placeWords(job, moves)
  const words = progressWords(job)
  return words === '' ? 'Just started' : words
}

const waitWords = ({ position }: JobAnswer): string =>
  position === null || position === 0 ? '' : 'Others are before you. It begins by itself.'

/** The picture as it is so far; until there is one, what the workflow is shown by. */
function Preview({ job: { id, state, progress }, workflow }: RunUnderwayProps) {
  const [failed, setFailed] = useState(0)
  const number = state === 'running' ? (progress?.preview ?? null) : null
  if (number === null || failed === number) {
    return (
      <div className={styles.noPreview} data-runs={state === 'running'} aria-hidden>
        {workflow?.hasPicture === true ? (
          <img src={workflowPicturePath(workflow)} alt="" />
        ) : (
          <IconPhotoSpark size={40} stroke={1.5} />
        )}
      </div>
    )
  }
  return (
    <img
      className={styles.preview}
      src={previewPath(id, number)}
      alt="Your picture, not done yet"
      decoding="sync"
      onError={() => setFailed(number)}
    />
  )
}
