import { Link } from '@tanstack/react-router'
import type { QueueState } from '../../proxy/contract/jobs.ts'
import { EmptyState } from '../components/EmptyState.tsx'
import { ErrorState } from '../components/ErrorState.tsx'
import { LoadingRows } from '../components/Loading.tsx'
import { MoreRows } from '../components/MoreRows.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { Section } from '../components/Section.tsx'
import { useNow } from '../components/useNow.ts'
import { EndedJobs } from '../features/jobs/EndedJobs.tsx'
import { HeldJobs } from '../features/jobs/HeldJobs.tsx'
import { JobLine } from '../features/jobs/JobLine.tsx'
import {
  useEndedJobs,
  useHeldJobs,
  useQueueState,
  useRunningJobs,
  useWaitingJobs,
} from '../features/jobs/jobQueries.ts'
import { isMovingAt } from '../features/jobs/jobWords.ts'
import { LimitsPanel } from '../features/jobs/LimitsPanel.tsx'
import { Listed, ShowMore } from '../features/jobs/Listed.tsx'
import { PauseControl } from '../features/jobs/PauseControl.tsx'
import { RunningJob } from '../features/jobs/RunningJob.tsx'

/** What runs, who waits? */
export function JobsPage() {
  const queue = useQueueState()
  return (
    <>
      <PageHeader title="Jobs" actions={queue.data !== undefined && <PauseControl state={queue.data} />}>
        What runs, and who waits. People take turns; drag a job to change its place.
      </PageHeader>
      {queue.isPending && <LoadingRows rows={4} rowHeight={60} />}
      {queue.isError && (
        <ErrorState what="The jobs could not be read." error={queue.error} onRetry={() => void queue.refetch()} />
      )}
      {queue.data !== undefined && (
        <>
          <Standstill queue={queue.data} />
          <Now />
          <Line queue={queue.data} />
          {queue.data.held > 0 && <Held count={queue.data.held} />}
          <Ended />
          <Section title="Limits" hint="What one person of each role may use of this computer.">
            <LimitsPanel />
          </Section>
        </>
      )}
    </>
  )
}

/** Why nothing begins, unless it was paused: the control for that says it itself. */
function Standstill({ queue }: { readonly queue: QueueState }) {
  if (queue.ready && queue.stoppedBecause === null) return null
  return (
    <Notice tone="attention" actions={!queue.ready && <Link to="/">Open Home</Link>}>
      {queue.ready ? (
        queue.stoppedBecause
      ) : (
        <>
          <strong>ComfyUI is not running.</strong> {queue.waiting === 0 ? 'Jobs wait' : 'What is here waits'} until it
          is.
        </>
      )}
    </Notice>
  )
}

function Now() {
  const running = useRunningJobs()
  if (running.data === undefined || running.data.length === 0) return null
  return (
    <Section title="Running">
      {running.data.map((job) => (
        <RunningJob key={job.id} job={job} isOwn={false} />
      ))}
    </Section>
  )
}

function Line({ queue }: { readonly queue: QueueState }) {
  const waiting = useWaitingJobs()
  const nowMs = useNow(1000)
  const jobs = waiting.data ?? []
  const total = Math.max(jobs.length, queue.waiting - queue.held)
  const moves = isMovingAt(queue, nowMs)
  return (
    <Section title={total === 0 ? 'In line' : `In line: ${total}`}>
      <Listed list={waiting} what="The line could not be read.">
        {total === 0 ? (
          <EmptyState title="Nobody waits.">What people send stands here until its turn comes.</EmptyState>
        ) : (
          <JobLine jobs={jobs} moves={moves} />
        )}
      </Listed>
      {waiting.hasNextPage && (
        // One that is under way goes on: asking again would throw away what it brings.
        <MoreRows
          shown={jobs.length}
          total={total}
          onMore={() => void waiting.fetchNextPage({ cancelRefetch: false })}
        />
      )}
    </Section>
  )
}

function Held({ count }: { readonly count: number }) {
  const held = useHeldJobs()
  const jobs = held.data ?? []
  return (
    <Section title={`On hold: ${count}`} hint="They stand in no line until they are released.">
      <Listed list={held} what="What is on hold could not be read.">
        <HeldJobs jobs={jobs} isOwn={false} />
      </Listed>
      <ShowMore list={held} />
    </Section>
  )
}

function Ended() {
  const ended = useEndedJobs()
  const jobs = ended.data ?? []
  return (
    <Section title="Ended">
      <Listed list={ended} what="What ended could not be read.">
        {jobs.length === 0 ? <p className="quiet">Nothing has run yet.</p> : <EndedJobs jobs={jobs} isOwn={false} />}
      </Listed>
      <ShowMore list={ended} />
    </Section>
  )
}
