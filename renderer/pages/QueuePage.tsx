import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { JobAnswer, QueueState } from '../../proxy/contract/jobs.ts'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { Section } from '../components/Section.tsx'
import { useNow } from '../components/useNow.ts'
import { useSession } from '../features/account/accountQueries.ts'
import { offersCanvas } from '../features/account/landingPath.ts'
import { EndedJobs } from '../features/jobs/EndedJobs.tsx'
import { HeldJobs } from '../features/jobs/HeldJobs.tsx'
import {
  useEndedJobs,
  useHeldJobs,
  useQueueState,
  useRunningJobs,
  useWaitingJobs,
} from '../features/jobs/jobQueries.ts'
import { isMovingAt, ownHeadline, standstillWords } from '../features/jobs/jobWords.ts'
import { Listed, ShowMore } from '../features/jobs/Listed.tsx'
import { OwnLine } from '../features/jobs/OwnLine.tsx'
import { OwnUse } from '../features/jobs/OwnUse.tsx'
import { RunningJob } from '../features/jobs/RunningJob.tsx'
import styles from './QueuePage.module.css'

/** When is it my turn? One's own jobs, from the one that runs to those that ended. */
export function QueuePage() {
  const queue = useQueueState()
  const running = useRunningJobs()
  const waiting = useWaitingJobs()
  const nowMs = useNow(1000)
  const error = queue.error ?? running.error ?? waiting.error
  const isComplete = queue.data !== undefined && running.data !== undefined && waiting.data !== undefined
  if (!isComplete) {
    const retry = () => void Promise.all([queue.refetch(), running.refetch(), waiting.refetch()])
    return (
      <div className={styles.root}>
        <PageHeader title="Queue" />
        {error === null ? (
          <LoadingRows rows={4} rowHeight={60} />
        ) : (
          <ErrorState what="Your jobs could not be read." error={error} onRetry={retry} />
        )}
      </div>
    )
  }
  const moves = isMovingAt(queue.data, nowMs)
  return (
    <div className={styles.root}>
      <PageHeader title={ownHeadline(running.data, waiting.data, moves)} />
      <Standstill queue={queue.data} nowMs={nowMs} />
      {running.data.map((job) => (
        <RunningJob key={job.id} job={job} isOwn />
      ))}
      {waiting.data.length > 0 && (
        <Section title={waiting.data.length === 1 ? 'Waiting' : `Waiting: ${queue.data.waiting - queue.data.held}`}>
          <OwnLine jobs={waiting.data} moves={moves} />
          <ShowMore list={waiting} />
        </Section>
      )}
      {running.data.length + waiting.data.length === 0 && <Nothing />}
      {queue.data.held > 0 && <Held />}
      <Section title="Today">
        <OwnUse />
      </Section>
      <Ended />
    </div>
  )
}

/** Why nothing begins although jobs wait. */
function Standstill({ queue, nowMs }: { queue: QueueState; nowMs: number }) {
  const words = standstillWords(queue, nowMs, 'the owner')
  if (words === undefined) return null
  return (
    <div className={styles.notice}>
      <Notice tone="attention">
        {words.title !== undefined && <strong>{words.title}. </strong>}
        {words.text}
      </Notice>
    </div>
  )
}

function Nothing() {
  const permissions = useSession().data?.permissions ?? []
  const action = offersCanvas(permissions) && (
    <Button component="a" href="/?canvas">
      Open the canvas
    </Button>
  )
  return (
    <EmptyState title="Nothing of yours runs or waits." action={action}>
      What you send stands here, with its place in the line.
    </EmptyState>
  )
}

function Held() {
  const held = useHeldJobs()
  const jobs: readonly JobAnswer[] = held.data ?? []
  return (
    <Section title="On hold" hint="They stand in no line until they are released.">
      <Listed list={held} what="What is on hold could not be read.">
        <HeldJobs jobs={jobs} isOwn />
      </Listed>
      <ShowMore list={held} />
    </Section>
  )
}

function Ended() {
  const ended = useEndedJobs()
  const jobs = ended.data ?? []
  const hasFiles = jobs.some(({ files }) => files !== null && files > 0)
  return (
    <Section title="Ended" action={hasFiles && <Link to="/pictures">Show my pictures</Link>}>
      <Listed list={ended} what="What ended could not be read.">
        {jobs.length === 0 ? <p className="quiet">Nothing has run yet.</p> : <EndedJobs jobs={jobs} isOwn />}
      </Listed>
      <ShowMore list={ended} />
    </Section>
  )
}
