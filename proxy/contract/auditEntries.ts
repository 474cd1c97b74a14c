import { refusalEvents } from './auditLog.ts'
import type { AuditRow } from './auditLog.ts'
import { isFromProtection } from './protection.ts'

/** One line of the list: a row, like rows as one, or what "Check my protection" tried. Rows stay in their order. */
export interface AuditEntry {
  readonly kind: 'row' | 'like' | 'protection'
  /** The newest first; at least one. */
  readonly rows: readonly [AuditRow, ...AuditRow[]]
}

/** Like rows further apart than this are told apart. */
const APART_MS = 10 * 60_000

/**
 * Rows, the newest first, as they are shown: refusals of the same kind from the same address become one line. Among
 * refusals only: what somebody did between two of them stands where it happened, and parts them.
 */
export function toAuditEntries(rows: readonly AuditRow[]): AuditEntry[] {
  const entries: { kind: AuditEntry['kind']; rows: [AuditRow, ...AuditRow[]] }[] = []
  const open = new Map<string, (typeof entries)[number]>()
  for (const row of rows) {
    const key = keyOf(row)
    if (key === undefined) open.clear()
    const like = key === undefined ? undefined : open.get(key)
    if (like !== undefined && isSoon(like.rows[like.rows.length - 1], row)) {
      like.rows.push(row)
      if (like.kind === 'row') like.kind = 'like'
      continue
    }
    const entry: (typeof entries)[number] = { kind: key === PROTECTION ? 'protection' : 'row', rows: [row] }
    entries.push(entry)
    if (key !== undefined) open.set(key, entry)
  }
  return entries
}

/** How many tries a line stands for; also those that the log left out because there were so many. */
export const countTries = ({ rows }: AuditEntry): number => rows.reduce((sum, row) => sum + triesOf(row), 0)

/** What like rows have in common, as one row: the newest, without details in which they differ. */
export function toCommonRow({ rows }: AuditEntry): AuditRow {
  const [newest] = rows
  const common = Object.entries(newest.details).filter(
    ([name, value]) => keptOfNewest.has(name) || rows.every(({ details }) => details[name] === value),
  )
  return { ...newest, details: Object.fromEntries(common) }
}

/** They count up: the newest says how it stands. */
const keptOfNewest: ReadonlySet<string> = new Set(['tries', 'waitSeconds'])

/** What a line says that stands for a run of "Check my protection": refusals only, whatever else it did stands for itself. */
export function protectionWords(entry: AuditEntry): string {
  const tries = countTries(entry)
  return `Gatehouse attacked itself (“Check my protection”): ${tries.toLocaleString('en-US')} ${tries === 1 ? 'try' : 'tries'}, all refused.`
}

const PROTECTION = 'protection'

/** What rows have in common to be one line; undefined: this one stands by itself. */
function keyOf(row: AuditRow): string | undefined {
  const { event, actor, address, details } = row
  if (event === 'log.shortened') return isShortenedProtection(row) ? PROTECTION : undefined
  if (!refusalEvents.some((refusal) => refusal === event)) return undefined
  if (actor.kind === 'unknown' && isFromProtection(address)) return PROTECTION
  return JSON.stringify([event, actor.kind, actor.id, address, details['code'], details['account'], details['name']])
}

/** The log leaves out what comes too often, and names from where: all of it from the check. */
function isShortenedProtection({ details }: AuditRow): boolean {
  const mostly = Array.isArray(details['mostly']) ? details['mostly'].map(String) : []
  const counts = mostly.map((source) => (isFromProtection(source) ? Number(/: (\d+)$/.exec(source)?.[1]) : Number.NaN))
  return mostly.length > 0 && counts.reduce((sum, count) => sum + count, 0) === details['omitted']
}

function triesOf({ event, details }: AuditRow): number {
  const omitted = details['omitted']
  return event === 'log.shortened' && typeof omitted === 'number' ? omitted : 1
}

const isSoon = (newer: AuditRow | undefined, older: AuditRow): boolean =>
  newer !== undefined && Date.parse(newer.at) - Date.parse(older.at) <= APART_MS
