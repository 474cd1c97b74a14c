import { GateError } from '../contract/errorCodes.ts'
import type { Role } from '../contract/accounts.ts'
import type { JobLimits } from '../contract/jobs.ts'
import { MINUTE_MS } from '../core/time.ts'
import type { JobSettings } from './jobQueueTypes.ts'
import type { DayUse } from './visits.ts'

/** What a person has used so far, and what they ask for now. */
export interface JobRequest {
  readonly queued: number
  readonly jobsToday: number
  readonly gpuMsToday: number
  readonly nodes: number
  readonly megapixels: number
  /** When the day's counts start again. */
  readonly dayEndsAtMs: number
  readonly nowMs: number
}

/** A day is one of this computer's clock, so that people know when it ends. */
export function dayOf(nowMs: number): { readonly startsAtMs: number; readonly endsAtMs: number } {
  const start = new Date(nowMs)
  start.setHours(0, 0, 0, 0)
  const end = new Date(start)
  end.setDate(end.getDate() + 1)
  return { startsAtMs: start.getTime(), endsAtMs: end.getTime() }
}

/** What the role has, and for single people what is set for them. */
export function limitsOf(settings: Pick<JobSettings, 'get'>, accountId: string, role: Role): JobLimits {
  const ofRole = settings.get('jobs.limits')[role]
  const own = Object.entries(settings.get('jobs.limitsByUser')[accountId] ?? {})
  return { ...ofRole, ...Object.fromEntries(own.filter(([, value]) => value !== undefined)) }
}

/** @throws GateError QUOTA_EXCEEDED, or BAD_REQUEST for what is too large, in words; those of a day say when it ends */
export function checkLimits(limits: JobLimits, asked: JobRequest): void {
  const { nodes, megapixels, queued, jobsPerDay, gpuMinutesPerDay } = limits
  if (nodes !== null && asked.nodes > nodes) {
    refuseSize(`A workflow of yours may have ${nodes} nodes, this one has ${asked.nodes}.`)
  }
  if (megapixels !== null && asked.megapixels > megapixels) {
    const wanted = Math.ceil(asked.megapixels)
    refuseSize(
      `Your pictures may have ${megapixels} megapixels in all (width × height × batch), this asks for ${wanted}.`,
    )
  }
  if (queued !== null && asked.queued >= queued) {
    refuseCount(`${queued} of your jobs wait already. Send this one when some of them are done.`, 30)
  }
  if (jobsPerDay !== null && asked.jobsToday >= jobsPerDay) {
    refuseForToday(`You have sent your ${jobsPerDay} jobs of today.`, asked)
  }
  if (gpuMinutesPerDay !== null && asked.gpuMsToday >= gpuMinutesPerDay * MINUTE_MS) {
    refuseForToday(`Your ${gpuMinutesPerDay} minutes of the graphics card are used up for today.`, asked)
  }
}

/**
 * Guests of one address together have the day of as many as may be there at once: whoever leaves and comes back gets
 * nothing new. @throws GateError QUOTA_EXCEEDED in words that say when the day ends
 */
export function checkVisits(
  { jobsPerDay, gpuMinutesPerDay }: JobLimits,
  places: number,
  { jobs, runMs, ...day }: DayUse & Pick<JobRequest, 'dayEndsAtMs' | 'nowMs'>,
): void {
  if (jobsPerDay !== null && jobs >= jobsPerDay * places) {
    refuseForToday('Guests from your device or network have sent their jobs of today.', day)
  }
  if (gpuMinutesPerDay !== null && runMs >= gpuMinutesPerDay * places * MINUTE_MS) {
    refuseForToday('Guests from your device or network have used up their minutes of the graphics card for today.', day)
  }
}

function refuseSize(message: string): never {
  throw new GateError('BAD_REQUEST', message, { details: { promptError: 'not_allowed' } })
}

function refuseCount(message: string, retryAfterSeconds: number): never {
  throw new GateError('QUOTA_EXCEEDED', message, { details: { retryAfterSeconds } })
}

function refuseForToday(message: string, { dayEndsAtMs, nowMs }: Pick<JobRequest, 'dayEndsAtMs' | 'nowMs'>): never {
  const resetsAt = new Date(dayEndsAtMs)
  const clock = `${String(resetsAt.getHours()).padStart(2, '0')}:${String(resetsAt.getMinutes()).padStart(2, '0')}`
  throw new GateError('QUOTA_EXCEEDED', `${message} There are new ones at ${clock}.`, {
    details: { retryAfterSeconds: (dayEndsAtMs - nowMs) / 1000, resetsAt: resetsAt.toISOString() },
  })
}
