import type { AuditEvent, AuditEventName } from '../contract/audit.ts'
import { toAddressGroup } from '../core/addresses.ts'

const WINDOW_MS = 60_000
const MAX_OF_STRANGER = 20
const MAX_OF_STRANGERS = 200
const MAX_OF_PERSON = 60
/** How many of the loudest are named when a flood is summed up, and how many are remembered to find them. */
const NAMED = 5
const MAX_SOURCES = 1000

/** What anybody can cause as often as they like; everything else is the effect of a right, and always kept. */
const unbidden: ReadonlySet<AuditEventName> = new Set([
  'connection.refused',
  'job.ended',
  'prompt.accepted',
  'request.changed',
  'request.denied',
  'signIn.paused',
  'socket.closed',
  'socket.opened',
])

/** With what is one's own these are play; with somebody else's they are the effect of a right. */
const ofThings: ReadonlySet<AuditEventName> = new Set([
  'job.cancelled',
  'job.held',
  'job.moved',
  'job.released',
  'output.shared',
])

function isUnbidden({ event, actor, details }: AuditEvent): boolean {
  if (event === 'request.changed' && details?.['reserved'] === true) return false
  return unbidden.has(event) || (ofThings.has(event) && actor.kind === 'account' && details?.['of'] === actor.id)
}

/**
 * Filling the disk, or burying a trace, with rows of the log: within a minute each address and each person gets so many
 * rows of what they can cause at will, all strangers together so many; the rest is one row with its number.
 */
export class FloodGuard {
  #windowEndMs = 0
  readonly #kept = new Map<string, number>()
  readonly #omitted = new Map<string, number>()
  #keptOfStrangers = 0
  #omittedInAll = 0

  /** The rows to keep: the event unless it is one too many, and before it what the last minute left out. */
  admit(event: AuditEvent, nowMs: number): AuditEvent[] {
    // A clock that was set back ends the minute too: what is kept must not wait for hours.
    const isOver = nowMs >= this.#windowEndMs || nowMs < this.#windowEndMs - WINDOW_MS
    const before = isOver ? this.#beginWindow(nowMs) : []
    if (!isUnbidden(event)) return [...before, event]
    const source = toSource(event)
    if (!this.#isOneTooMany(event, source)) return [...before, event]
    this.#omittedInAll += 1
    const count = this.#omitted.get(source)
    if (count !== undefined || this.#omitted.size < MAX_SOURCES) this.#omitted.set(source, (count ?? 0) + 1)
    return before
  }

  /** What was left out since it was last said, as a row, and none when nothing was. */
  summarise(): AuditEvent[] {
    if (this.#omittedInAll === 0) return []
    const loudest = [...this.#omitted].sort(([, one], [, other]) => other - one).slice(0, NAMED)
    const details = { omitted: this.#omittedInAll, mostly: loudest.map(([source, count]) => `${source}: ${count}`) }
    this.#omitted.clear()
    this.#omittedInAll = 0
    return [{ event: 'log.shortened', actor: { kind: 'system' }, details }]
  }

  #beginWindow(nowMs: number): AuditEvent[] {
    this.#windowEndMs = nowMs + WINDOW_MS
    this.#kept.clear()
    this.#keptOfStrangers = 0
    return this.summarise()
  }

  #isOneTooMany(event: AuditEvent, source: string): boolean {
    const isStranger = event.actor.kind === 'unknown'
    const kept = this.#kept.get(source) ?? 0
    if (kept >= (isStranger ? MAX_OF_STRANGER : MAX_OF_PERSON)) return true
    if (isStranger && this.#keptOfStrangers >= MAX_OF_STRANGERS) return true
    this.#kept.set(source, kept + 1)
    if (isStranger) this.#keptOfStrangers += 1
    return false
  }
}

/** With many jobs, or with what is refused, nobody hides what else they do. */
const countedApart: ReadonlyMap<AuditEventName, string> = new Map([
  ['prompt.accepted', ', jobs'],
  ['request.denied', ', refused'],
])

function toSource({ event, actor, address, details }: AuditEvent): string {
  if (event === 'job.ended') return `account ${String(details?.['of'])}, ended`
  if (event === 'request.changed' && actor.kind === 'account')
    return `account ${actor.id}, ${toPlace(details?.['path'])}`
  if (actor.kind === 'account') return `account ${actor.id}${countedApart.get(event) ?? ''}`
  return actor.kind === 'unknown' ? toAddressGroup(address ?? '') : actor.kind
}

/**
 * A change hidden behind empty ones: those of each part of ComfyUI are counted apart. There are only as many as the
 * table of routes has; who may change anything else is an administrator, and theirs are all kept.
 */
function toPlace(path: unknown): string {
  const [first = '', second = ''] = String(path).split('/').slice(1)
  return `/${first === 'api' ? second : first}`
}
