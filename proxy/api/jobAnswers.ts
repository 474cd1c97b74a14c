import { hidePaths, hidePathsOfCut } from '../core/hidePaths.ts'
import { GateError } from '../contract/errorCodes.ts'
import { holdWords } from '../contract/jobs.ts'
import type { JobAnswer, JobProgress } from '../contract/jobs.ts'
import { toIso, toIsoOrNull } from '../core/time.ts'
import type { EndedJob } from '../jobs/endedJobs.ts'
import type { Job } from '../jobs/job.ts'
import type { JobState } from '../jobs/jobState.ts'
import { MAX_FAILURE_LENGTH, STOPPED } from '../jobs/runRecord.ts'
import type { JobPreview } from '../jobs/jobPreviews.ts'
import type { Progress } from '../jobs/runProgress.ts'
import type { Place } from '../jobs/waitingLine.ts'

const shownStates: Readonly<Record<JobState, JobAnswer['state']>> = {
  waiting: 'waiting',
  held: 'held',
  sent: 'starting',
  running: 'running',
  ended: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** What is shown beside the job itself. */
export interface JobSurroundings {
  readonly name: string
  readonly place: Place | undefined
  readonly progress: Progress | undefined
  readonly preview: JobPreview | undefined
  /** Where things lie on this computer is for who looks after it. */
  readonly seesPaths: boolean
}

/** A job that is not over. */
export function describeJob(job: Job, { name, place, progress, preview, seesPaths }: JobSurroundings): JobAnswer {
  const { heldBecause, state } = job.status
  const failure = describeFailure(job.failure, seesPaths)
  return {
    id: job.id,
    user: { id: job.accountId, name },
    state: shownStates[state],
    title: job.title,
    position: place?.position ?? null,
    expectedWaitSeconds: place === undefined ? null : Math.round(place.waitSeconds),
    expectedRunSeconds: Math.round(job.expectedSeconds),
    createdAt: toIso(job.createdAtMs),
    startedAt: toIsoOrNull(job.startedAtMs),
    endedAt: toIsoOrNull(job.endedAtMs),
    heldBecause,
    reason: heldBecause === null ? failure : holdWords[heldBecause],
    nodes: job.nodes,
    progress: state === 'running' && progress !== undefined ? toProgress(progress, preview) : null,
    runSeconds: null,
    files: null,
    workflow: describeWorkflow(job),
  }
}

/** A job of the history. */
export function describeEnded(
  job: EndedJob,
  { name, seesPaths }: Pick<JobSurroundings, 'name' | 'seesPaths'>,
): JobAnswer {
  const failed = job.failure === STOPPED ? 'cancelled' : 'failed'
  return {
    id: job.id,
    user: { id: job.accountId, name },
    state: job.outcome === 'succeeded' ? 'succeeded' : failed,
    title: job.title,
    position: null,
    expectedWaitSeconds: null,
    expectedRunSeconds: null,
    createdAt: toIso(job.createdAtMs),
    startedAt: toIsoOrNull(job.startedAtMs),
    endedAt: toIsoOrNull(job.endedAtMs),
    heldBecause: null,
    reason: job.outcome === 'succeeded' ? null : describeFailure(job.failure, seesPaths),
    nodes: job.nodes,
    progress: null,
    runSeconds: job.runMs === undefined ? null : job.runMs / 1000,
    files: job.files,
    workflow: describeWorkflow(job),
  }
}

/** Called as it was when it was sent. */
const describeWorkflow = ({ published, title }: Pick<Job, 'published' | 'title'>): JobAnswer['workflow'] =>
  published === undefined ? null : { ...published, name: title }

function describeFailure(failure: string | undefined, seesPaths: boolean): string | null {
  if (failure === undefined) return null
  if (seesPaths) return failure
  return failure.length < MAX_FAILURE_LENGTH ? hidePaths(failure) : hidePathsOfCut(failure)
}

function toProgress({ done, of, step }: Progress, preview: JobPreview | undefined): JobProgress {
  const part = step === undefined ? 0 : step.value / step.max
  const fraction = of === 0 ? 0 : Math.min(1, (done + part) / of)
  return { done, of, step: step ?? null, fraction, preview: preview?.number ?? null }
}

/** Running first, then the line, then what is held. */
export function compareService(one: JobAnswer, other: JobAnswer): number {
  const rank = ({ state, position }: JobAnswer): number => (state === 'running' ? -1 : (position ?? Infinity))
  const [a, b] = [rank(one), rank(other)]
  return a === b ? one.createdAt.localeCompare(other.createdAt) : a - b
}

/** One page of what ended; the cursor is the last one's end and id. */
export function toEndedPage(
  jobs: readonly EndedJob[],
  limit: number,
): { jobs: readonly EndedJob[]; nextCursor: string | null } {
  const shown = jobs.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = jobs.length > limit && last !== undefined
  return { jobs: shown, nextCursor: hasMore ? `e${last.endedAtMs.toString(36)}.${last.id}` : null }
}

/** @throws GateError VALIDATION_FAILED for a cursor that is none of ours */
export function parseEndedCursor(cursor: string | undefined): { endedAtMs: number; id: string } | undefined {
  if (cursor === undefined) return undefined
  const [, endedAt, id] = /^e([0-9a-z]{1,10})\.([0-9a-f-]{36})$/.exec(cursor) ?? []
  if (endedAt === undefined || id === undefined) {
    throw new GateError('VALIDATION_FAILED', 'This cursor was not made here.')
  }
  return { endedAtMs: parseInt(endedAt, 36), id }
}
