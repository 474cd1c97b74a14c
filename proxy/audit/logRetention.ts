import type { KeyObject } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../core/clock.ts'
import { DAY_MS } from '../core/time.ts'
import type { Schema } from '../database/schema.ts'
import { emptyChain, isSigned, signCheckpoint } from './auditChain.ts'
import type { ChainHead } from './auditChain.ts'
import { findCheckpoint, toStoredRow } from './auditTable.ts'
import { ChainVerifier } from './chainVerifier.ts'

/** Of one transaction: others wait for it. */
const ROWS_AT_ONCE = 200

export interface LogRetentionOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly chainKey: KeyObject
}

export interface Shortened {
  readonly removed: number
  /** Rows that do not fit stay, with all that follow: removing them would remove the trace of who changed them. */
  readonly stoppedAtDamage: boolean
}

/**
 * Removes the oldest rows, up to the first one that is not older than `days`, in small transactions; each signs up to
 * where it went, and from there the chain is checked afterwards.
 */
export async function shortenLog(options: LogRetentionOptions, days: number): Promise<Shortened> {
  const before = options.clock.nowMs() - days * DAY_MS
  let removed = 0
  for (;;) {
    const step = await options.kysely.transaction().execute((transaction) => shortenOnce(transaction, options, before))
    removed += step.removed
    if (step.stoppedAtDamage || step.removed === 0) return { removed, stoppedAtDamage: step.stoppedAtDamage }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function shortenOnce(
  transaction: Transaction<Schema>,
  { clock, chainKey }: LogRetentionOptions,
  before: number,
): Promise<Shortened> {
  const checkpoint = await findCheckpoint(transaction)
  // A made-up one would become a genuine one: the rows behind it fit it.
  if (checkpoint !== undefined && !isSigned(chainKey, checkpoint)) return { removed: 0, stoppedAtDamage: true }
  const from: ChainHead = checkpoint ?? emptyChain
  const page = await transaction.selectFrom('audit').selectAll().orderBy('seq').limit(ROWS_AT_ONCE).execute()
  const firstKept = page.findIndex((row) => row.at_ms >= before)
  const old = firstKept < 0 ? page : page.slice(0, firstKept)
  const last = old.at(-1)
  if (last === undefined) return { removed: 0, stoppedAtDamage: false }
  const verifier = new ChainVerifier(chainKey, from)
  for (const row of old) verifier.add(toStoredRow(row))
  if (verifier.end().findings.length > 0) return { removed: 0, stoppedAtDamage: true }
  const point = { seq: last.seq, atMs: clock.nowMs(), hmac: last.hmac }
  await transaction.deleteFrom('audit').where('seq', '<=', last.seq).execute()
  await transaction.deleteFrom('audit_checkpoints').where('seq', '<=', last.seq).execute()
  await transaction
    .insertInto('audit_checkpoints')
    .values({ seq: point.seq, at_ms: point.atMs, hmac: point.hmac, signature: signCheckpoint(chainKey, point) })
    .execute()
  return { removed: old.length, stoppedAtDamage: false }
}
