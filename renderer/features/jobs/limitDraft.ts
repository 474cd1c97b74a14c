import { jobLimitsSchema } from '../../../proxy/contract/jobs.ts'
import type { JobLimits } from '../../../proxy/contract/jobs.ts'
import { toMinutes } from './jobWords.ts'

/** The fields as they are typed; empty text is no limit. */
export interface LimitDraft {
  readonly queued: number | string
  readonly minutes: number | string
  readonly jobsPerDay: number | string
  readonly gpuMinutesPerDay: number | string
  readonly weight: number | string
}

export const toDraft = (limits: JobLimits, weight: number): LimitDraft => ({
  queued: limits.queued ?? '',
  minutes: toMinutes(limits) ?? '',
  jobsPerDay: limits.jobsPerDay ?? '',
  gpuMinutesPerDay: limits.gpuMinutesPerDay ?? '',
  weight,
})

const toNumber = (value: number | string): number | null =>
  typeof value === 'number' ? value : value.trim() === '' ? null : Number(value)

/** The settings of a draft; what it does not show stays as it was. */
export function toLimits(draft: LimitDraft, before: JobLimits): { limits: JobLimits; weight: number } {
  const minutes = toNumber(draft.minutes)
  // An untouched field writes back what was there, also where its minutes are rounded.
  const runSeconds =
    minutes === toMinutes(before) ? before.runSeconds : minutes === null ? null : Math.round(minutes * 60)
  const limits = {
    ...before,
    queued: toNumber(draft.queued),
    runSeconds,
    jobsPerDay: toNumber(draft.jobsPerDay),
    gpuMinutesPerDay: toNumber(draft.gpuMinutesPerDay),
  }
  return { limits, weight: toNumber(draft.weight) ?? 1 }
}

/** What is wrong with each field, in words. */
export function draftErrors(draft: LimitDraft): Partial<Record<keyof LimitDraft, string>> {
  const errors: Partial<Record<keyof LimitDraft, string>> = {}
  const names = ['queued', 'minutes', 'jobsPerDay', 'gpuMinutesPerDay'] as const
  for (const name of names) {
    const value = toNumber(draft[name])
    if (value === null) continue
    const whole = name === 'minutes' ? Math.round(value * 60) : value
    const member = name === 'minutes' ? 'runSeconds' : name
    if (jobLimitsSchema.shape[member].safeParse(whole).success) continue
    errors[name] = name === 'minutes' ? 'From a second to a week.' : 'A whole number from 1, or empty.'
  }
  const weight = toNumber(draft.weight)
  if (weight === null || !(weight >= 0.01 && weight <= 100)) errors.weight = 'From 0.01 to 100.'
  return errors
}
