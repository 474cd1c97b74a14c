import { assertNever } from '../core/assertNever.ts'
import type { HoldReason } from '../contract/jobs.ts'

/*
 * proxy/jobs/ is the queue: it accepts, keeps, orders and hands over jobs, and remembers how they ended. It knows the
 * database and an interface of the engine; it knows no request, no socket and no ComfyUI route.
 *
 * What may happen to a job. Each row is written to disk before its effect is shown to anybody.
 *
 * | from            | event          | to        | note                                                       |
 * |-----------------|----------------|-----------|------------------------------------------------------------|
 * | waiting         | hold           | held      |                                                            |
 * | held            | release        | waiting   | not when its secrets are gone                              |
 * | waiting         | send           | sent      | written before the engine is asked: it may have it from now |
 * | sent            | takeBack       | waiting   | the engine does not have it (any more)                     |
 * | sent, waiting   | start          | running   | waiting: the engine had it after all                       |
 * | running         | runAgain       | waiting   | once: it was stopped in place of another one                |
 * | sent, running   | settle         | ended     | its last event was seen: whatever comes, it never runs again |
 * | sent, running, ended | finish    | succeeded, failed |                                                    |
 * | sent            | engineGone     | waiting   | it never ran                                               |
 * | running         | engineGone     | waiting   | first time, and not its own fault: one more attempt        |
 * | running         | engineGone     | failed    | second time, or its own fault                              |
 * | ended           | engineGone     | failed or succeeded | as its last event said                           |
 * | waiting, held, sent | cancel     | cancelled | as if it had never been: no entry in the history           |
 */
export type JobState = 'waiting' | 'held' | 'sent' | 'running' | 'ended' | 'succeeded' | 'failed' | 'cancelled'

/** How a job's last event said that it went. */
export type JobOutcome = 'succeeded' | 'failed'

export interface JobStatus {
  readonly state: JobState
  readonly heldBecause: HoldReason | null
  /** How often the engine went away while this job ran. */
  readonly attempts: number
  /** Set from `ended` on. */
  readonly outcome: JobOutcome | null
}

export type JobEvent =
  | { readonly kind: 'hold'; readonly because: HoldReason }
  | { readonly kind: 'release' }
  | { readonly kind: 'send' }
  | { readonly kind: 'takeBack' }
  | { readonly kind: 'start' }
  | { readonly kind: 'runAgain' }
  | { readonly kind: 'settle'; readonly outcome: JobOutcome }
  | { readonly kind: 'finish'; readonly outcome: JobOutcome }
  | { readonly kind: 'engineGone'; readonly isItsFault: boolean }
  | { readonly kind: 'cancel' }

/** A job runs again once when the engine went away under it. */
export const MAX_ATTEMPTS = 2

export const isFinal = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled'

/** Whether the engine has the job, or may have it. */
export const isUpstream = (state: JobState): boolean => state === 'sent' || state === 'running' || state === 'ended'

/** The status after an event, or undefined when the event does not fit: then nothing happens. */
export function nextStatus(status: JobStatus, event: JobEvent): JobStatus | undefined {
  const { state } = status
  switch (event.kind) {
    case 'hold':
      return state === 'waiting' ? { ...status, state: 'held', heldBecause: event.because } : undefined
    case 'release':
      return state === 'held' && status.heldBecause !== 'token'
        ? { ...status, state: 'waiting', heldBecause: null }
        : undefined
    case 'send':
      return state === 'waiting' ? { ...status, state: 'sent' } : undefined
    case 'takeBack':
      return state === 'sent' ? { ...status, state: 'waiting' } : undefined
    case 'start':
      return state === 'sent' || state === 'waiting' ? { ...status, state: 'running' } : undefined
    case 'runAgain': {
      const attempts = status.attempts + 1
      return state === 'running' && attempts < MAX_ATTEMPTS ? { ...status, state: 'waiting', attempts } : undefined
    }
    case 'settle':
      return state === 'sent' || state === 'running' ? { ...status, state: 'ended', outcome: event.outcome } : undefined
    case 'finish':
      return isUpstream(state) ? { ...status, state: event.outcome, outcome: event.outcome } : undefined
    case 'engineGone':
      return afterEngineGone(status, event.isItsFault)
    case 'cancel':
      return state === 'waiting' || state === 'held' || state === 'sent'
        ? { ...status, state: 'cancelled', heldBecause: null }
        : undefined
    default:
      return assertNever(event)
  }
}

function afterEngineGone(status: JobStatus, isItsFault: boolean): JobStatus | undefined {
  if (status.state === 'sent') return { ...status, state: 'waiting' }
  if (status.state === 'ended') return { ...status, state: status.outcome ?? 'failed' }
  if (status.state !== 'running') return undefined
  const attempts = status.attempts + 1
  if (isItsFault || attempts >= MAX_ATTEMPTS) return { ...status, state: 'failed', attempts, outcome: 'failed' }
  return { ...status, state: 'waiting', attempts }
}
