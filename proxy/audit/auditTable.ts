import { sql } from 'kysely'
import type { Kysely, Selectable } from 'kysely'
import type { AuditTable, Schema } from '../database/schema.ts'
import { emptyChain } from './auditChain.ts'
import type { ChainHead, Checkpoint, StoredRow } from './auditChain.ts'

export type AuditTableRow = Selectable<AuditTable>

export function toStoredRow(row: AuditTableRow): StoredRow {
  return {
    seq: row.seq,
    atMs: row.at_ms,
    event: row.event,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    actorName: row.actor_name,
    address: row.address,
    details: row.details,
    prevHmac: row.prev_hmac,
    hmac: row.hmac,
  }
}

/** Rows behind `after`, the oldest first. */
export const readRowsAfter = (kysely: Kysely<Schema>, after: number, limit: number): Promise<AuditTableRow[]> =>
  kysely.selectFrom('audit').selectAll().where('seq', '>', after).orderBy('seq').limit(limit).execute()

export async function findCheckpoint(kysely: Kysely<Schema>): Promise<Checkpoint | undefined> {
  const row = await kysely
    .selectFrom('audit_checkpoints')
    .selectAll()
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { seq: row.seq, atMs: row.at_ms, hmac: row.hmac, signature: row.signature }
}

/** What the next row follows: the newest row, or where the log was shortened to, or nothing. */
export async function readHead(kysely: Kysely<Schema>): Promise<ChainHead> {
  const last = await kysely
    .selectFrom('audit')
    .select(['seq', 'hmac'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last ?? (await findCheckpoint(kysely)) ?? emptyChain
}

export async function findHmac(kysely: Kysely<Schema>, seq: number): Promise<string | undefined> {
  const row = await kysely.selectFrom('audit').select('hmac').where('seq', '=', seq).executeTakeFirst()
  return row?.hmac
}

/** The highest number that SQLite ever gave in this table, whatever became of the row. */
export async function readHighestSeq(kysely: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select seq from sqlite_sequence where name = 'audit'`.execute(kysely)
  return rows[0]?.seq ?? 0
}

/** How many rows there are, as their numbers say: they have no gaps. */
export async function countRows(kysely: Kysely<Schema>): Promise<number> {
  const [first, last] = await Promise.all([findEnd(kysely, 'asc'), findEnd(kysely, 'desc')])
  return first === undefined || last === undefined ? 0 : last - first + 1
}

export async function findEnd(kysely: Kysely<Schema>, order: 'asc' | 'desc'): Promise<number | undefined> {
  const row = await kysely.selectFrom('audit').select('seq').orderBy('seq', order).limit(1).executeTakeFirst()
  return row?.seq
}
