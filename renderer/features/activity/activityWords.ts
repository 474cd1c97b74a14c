import type { AuditGroup } from '../../../proxy/contract/auditLog.ts'

export const groupWords: Readonly<Record<AuditGroup, string>> = {
  signIns: 'Signing in',
  people: 'People and roles',
  keys: 'Keys',
  network: 'Network and requests',
  jobs: 'Jobs',
  files: 'Pictures and folders',
  workflows: 'Workflows',
  settings: 'Settings',
  gatehouse: 'Gatehouse and ComfyUI',
}

export const spans = ['day', 'week', 'month'] as const
export type Span = (typeof spans)[number]
const dayMs = 86_400_000

export const spanWords: Readonly<Record<Span, string>> = {
  day: 'The last day',
  week: 'The last 7 days',
  month: 'The last 30 days',
}

const spanMs: Readonly<Record<Span, number>> = { day: dayMs, week: 7 * dayMs, month: 30 * dayMs }

/** Since when, to the minute, so that the same choice is the same question for a while. */
export const toFrom = (span: Span, nowMs: number): string =>
  new Date(Math.floor((nowMs - spanMs[span]) / 60_000) * 60_000).toISOString()
