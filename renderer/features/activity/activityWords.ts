import type { AuditEntry } from '../../../proxy/contract/auditEntries.ts'
import { refusalEvents } from '../../../proxy/contract/auditLog.ts'
import type { AuditGroup, AuditRow } from '../../../proxy/contract/auditLog.ts'
import { whereFrom } from '../../../proxy/contract/auditPlaces.ts'
import type { AuditNames } from '../../../proxy/contract/auditSentences.ts'
import { count } from '../../words/names.ts'

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

/** The handle of a line that stands for many rows. */
export const timesWords = ({ kind, rows }: AuditEntry): string =>
  kind === 'like' ? count(rows.length, 'time') : count(rows.length, 'row')

const textOf = ({ details }: AuditRow, name: string): string => {
  const value = details[name]
  return typeof value === 'string' ? value : ''
}

/** From where and with what, as far as the sentence does not say it. */
export function toFacts(row: AuditRow, sentence: string, names: AuditNames): string {
  const device = textOf(row, 'device')
  const key = textOf(row, 'byKey')
  const parts = [
    device !== 'Unknown device' && !sentence.includes(device) ? device : '',
    row.address === null || sentence.includes(row.address) ? '' : row.address,
    key === '' ? '' : `with the key ${names.key(key) ?? key}`,
    textOf(row, 'byToken') === '' ? '' : 'with a token',
  ]
  return parts.filter((part) => part !== '').join(' · ')
}

/** What a row is about that can be acted on. */
export interface About {
  /** The address from which somebody unknown was refused. */
  readonly refused: string | undefined
  /** Whether that is this computer, which is not to be kept out but may wait after wrong passwords. */
  readonly isThisComputer: boolean
  /** Somebody who is still there. */
  readonly person: { readonly id: string; readonly name: string } | undefined
  readonly hasJob: boolean
}

export function findAbout(row: AuditRow, names: AuditNames): About {
  const { event, actor, address } = row
  const isRefusal = actor.kind === 'unknown' && refusalEvents.some((refusal) => refusal === event)
  const id = [textOf(row, 'account'), textOf(row, 'of'), actor.id ?? ''].find((one) => names.person(one) !== undefined)
  const name = id === undefined ? undefined : names.person(id)
  const blocked = event === 'address.blocked' ? textOf(row, 'cidr').replace(/\/(?:32|128)$/, '') : ''
  const from = blocked === '' && isRefusal ? (address ?? '') : blocked
  return {
    refused: from === '' ? undefined : from,
    isThisComputer: from !== '' && whereFrom(from) === 'here',
    person: id === undefined || name === undefined ? undefined : { id, name },
    hasJob: event.startsWith('job') || event === 'prompt.accepted',
  }
}
