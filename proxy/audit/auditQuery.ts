import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { AuditEventName } from '../contract/audit.ts'
import type { Schema } from '../database/schema.ts'
import { findEnd } from './auditTable.ts'
import type { AuditTableRow } from './auditTable.ts'

/** Which rows are meant; what is left out is not asked about. */
export interface AuditFilter {
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  /** Who did it, or to whom it was done: by the account's id. */
  readonly accountId?: string | undefined
  /** Who did it, by name: for people who are gone. */
  readonly actorName?: string | undefined
  readonly events?: readonly AuditEventName[] | undefined
  /** A part of the address. */
  readonly address?: string | undefined
}

export interface FoundRows {
  readonly rows: readonly AuditTableRow[]
  /** Rows below this one were not looked at yet; undefined: there are none. */
  readonly nextBefore: number | undefined
}

/** Rows that are looked at in one go, and how many goes one answer takes at most: others' requests come in between. */
const WINDOW_ROWS = 4000
const MAX_WINDOWS = 50
/** The clock may have been set back: so far around the first and last row of a time others are looked for too. */
const CLOCK_ROWS = 2000

/**
 * The newest rows that fit, below `before`. Where few fit it gives up after 200,000 rows and says from where to go on,
 * so that no question stops the gate.
 */
export async function findRows(
  kysely: Kysely<Schema>,
  filter: AuditFilter,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<FoundRows> {
  const bounds = filter.events?.length === 0 ? undefined : await findBounds(kysely, filter)
  if (bounds === undefined) return { rows: [], nextBefore: undefined }
  let end = Math.min(before ?? Infinity, bounds.last + 1)
  const rows: AuditTableRow[] = []
  for (let turn = 0; turn < MAX_WINDOWS && end > bounds.first; turn += 1) {
    const start = Math.max(bounds.first, end - WINDOW_ROWS)
    rows.push(...(await readWindow(kysely, filter, { start, end, limit: limit - rows.length })))
    if (rows.length >= limit) {
      end = rows.at(-1)?.seq ?? start
      break
    }
    end = start
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { rows, nextBefore: end > bounds.first ? end : undefined }
}

interface Bounds {
  readonly first: number
  readonly last: number
}

async function findBounds(kysely: Kysely<Schema>, { fromMs, toMs }: AuditFilter): Promise<Bounds | undefined> {
  const first = await findEnd(kysely, 'asc')
  const last = await findEnd(kysely, 'desc')
  if (first === undefined || last === undefined) return undefined
  const from = fromMs === undefined ? undefined : await seqAt(kysely, '>=', fromMs)
  const to = toMs === undefined ? undefined : await seqAt(kysely, '<=', toMs)
  if ((fromMs !== undefined && from === undefined) || (toMs !== undefined && to === undefined)) return undefined
  return {
    first: Math.max(first, (from ?? -Infinity) - CLOCK_ROWS),
    last: Math.min(last, (to ?? Infinity) + CLOCK_ROWS),
  }
}

/** The first row from a time on, or the last one up to it: of those whose clock was right. */
async function seqAt(kysely: Kysely<Schema>, comparison: '>=' | '<=', atMs: number): Promise<number | undefined> {
  const row = await kysely
    .selectFrom('audit')
    .select('seq')
    .where('at_ms', comparison, atMs)
    .orderBy('at_ms', comparison === '>=' ? 'asc' : 'desc')
    .orderBy('seq', comparison === '>=' ? 'asc' : 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.seq
}

function readWindow(
  kysely: Kysely<Schema>,
  { fromMs, toMs, accountId, actorName, events, address }: AuditFilter,
  { start, end, limit }: { readonly start: number; readonly end: number; readonly limit: number },
): Promise<AuditTableRow[]> {
  let query = kysely.selectFrom('audit').selectAll().where('seq', '>=', start).where('seq', '<', end)
  if (fromMs !== undefined) query = query.where('at_ms', '>=', fromMs)
  if (toMs !== undefined) query = query.where('at_ms', '<=', toMs)
  // The plus keeps SQLite from another order than that of the rows, which it would have to sort.
  if (events !== undefined) query = query.where(sql<boolean>`+event in (${sql.join(events)})`)
  if (actorName !== undefined) query = query.where(sql<boolean>`+actor_name = ${actorName}`)
  if (address !== undefined) query = query.where(sql<boolean>`instr(address, ${address}) > 0`)
  if (accountId !== undefined) {
    query = query.where(sql<boolean>`(+actor_id = ${accountId} or instr(details, ${`"${accountId}"`}) > 0)`)
  }
  return query.orderBy('seq', 'desc').limit(limit).execute()
}
