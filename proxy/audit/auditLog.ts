import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { AuditEvent, AuditSink } from '../contract/audit.ts'
import type { Schema } from '../database/schema.ts'
import { chainHmac, chainStart, ChainVerifier } from './auditChain.ts'
import type { ChainedRow, ChainVerdict } from './auditChain.ts'
import { FloodGuard } from './floodGuard.ts'

/*
 * The log of what happened: an append-only table whose rows are chained by HMAC from the first one on, so that a
 * changed or removed row shows. It knows nothing of why things happen, and nothing secret is given to it.
 */

/** Where the log is written, and the key that chains it. */
export interface AuditLogOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly logger: Logger
  readonly chainKey: Buffer
}

interface PendingRow {
  readonly atMs: number
  readonly event: AuditEvent
}

const WRITE_DELAY_MS = 50
const RETRY_DELAY_MS = 2000
const MAX_PENDING = 10_000
const VERIFY_PAGE_ROWS = 1000
/** Rows of one INSERT; 11 values each, far from SQLite's limit of 32,766. */
const INSERT_ROWS = 100

export class AuditLog implements AuditSink {
  readonly #options: AuditLogOptions
  /** In Node 24 an HMAC with a Buffer as its key costs seven times as much. */
  readonly #chainKey: KeyObject
  readonly #flood = new FloodGuard()
  #pending: PendingRow[] = []
  #lost = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#chainKey = createSecretKey(options.chainKey)
  }

  record(event: AuditEvent): void {
    const nowMs = this.#options.clock.nowMs()
    for (const admitted of this.#flood.admit(event, nowMs)) this.#keep(admitted, nowMs)
  }

  #keep(event: AuditEvent, atMs: number): void {
    if (this.#pending.length >= MAX_PENDING) {
      this.#lost += 1
      return
    }
    this.#pending.push({ atMs, event })
    this.#schedule(WRITE_DELAY_MS)
  }

  /** Writes what is pending. @throws when the database refuses; the rows stay pending */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const run = this.#writing.then(() => this.#writePending())
    this.#writing = run.catch(() => undefined)
    return run
  }

  /** Writes what is pending, and what was left out of a flood that has not ended. @throws as `flush` */
  close(): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    for (const event of this.#flood.summarise()) this.#keep(event, nowMs)
    return this.flush()
  }

  /** Reads the whole log and checks every row against the one before it. */
  async verifyChain(): Promise<ChainVerdict> {
    const verifier = new ChainVerifier(this.#chainKey)
    let after = 0
    for (;;) {
      const rows = await this.#options.kysely
        .selectFrom('audit')
        .selectAll()
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(VERIFY_PAGE_ROWS)
        .execute()
      for (const row of rows) {
        verifier.add({
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
        })
      }
      const last = rows.at(-1)
      if (last === undefined) return verifier.verdict()
      after = last.seq
    }
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.flush().catch((error: unknown) => {
        this.#options.logger.error({ err: error, pending: this.#pending.length }, 'the log could not be written')
        this.#schedule(RETRY_DELAY_MS)
      })
    }, delayMs)
    this.#timer.unref()
  }

  async #writePending(): Promise<void> {
    const batch = this.#pending
    if (batch.length === 0) return
    this.#pending = []
    try {
      await this.#append(batch)
    } catch (error) {
      this.#pending = [...batch, ...this.#pending]
      throw error
    }
    if (this.#lost > 0) {
      this.#options.logger.error({ lost: this.#lost }, 'events were too many for the log and are lost')
      this.#lost = 0
    }
  }

  /** One write transaction: whoever else appends, also another process, waits and continues from our last row. */
  async #append(batch: readonly PendingRow[]): Promise<void> {
    await this.#options.kysely.transaction().execute(async (transaction) => {
      const last = await transaction
        .selectFrom('audit')
        .select(['seq', 'hmac'])
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst()
      let seq = last?.seq ?? 0
      let prevHmac = last?.hmac ?? chainStart
      const rows = batch.map((pending) => {
        seq += 1
        const row = toChainedRow(pending, seq, prevHmac)
        prevHmac = chainHmac(this.#chainKey, row)
        return toTableRow(row, prevHmac)
      })
      for (let from = 0; from < rows.length; from += INSERT_ROWS) {
        await transaction
          .insertInto('audit')
          .values(rows.slice(from, from + INSERT_ROWS))
          .execute()
      }
    })
  }
}

function toTableRow(row: ChainedRow, hmac: string) {
  return {
    seq: row.seq,
    at_ms: row.atMs,
    event: row.event,
    actor_kind: row.actorKind,
    actor_id: row.actorId,
    actor_name: row.actorName,
    address: row.address,
    details: row.details,
    prev_hmac: row.prevHmac,
    hmac,
  }
}

function toChainedRow({ atMs, event }: PendingRow, seq: number, prevHmac: string): ChainedRow {
  const { actor } = event
  return {
    seq,
    atMs,
    event: event.event,
    actorKind: actor.kind,
    actorId: actor.kind === 'account' ? actor.id : null,
    actorName: actor.kind === 'account' ? actor.name : null,
    address: event.address ?? null,
    details: JSON.stringify(event.details ?? {}),
    prevHmac,
  }
}
