import { createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { CompiledQuery } from 'kysely'
import type { Transaction } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { AuditCredential, AuditEvent, AuditSink } from '../contract/audit.ts'
import type { AuditVerdict } from '../contract/auditLog.ts'
import type { Database } from '../database/openDatabase.ts'
import type { Schema } from '../database/schema.ts'
import { chainHmac } from './auditChain.ts'
import type { ChainedRow } from './auditChain.ts'
import type { AuditMark, MarkVault } from './auditMark.ts'
import { readHead } from './auditTable.ts'
import { FloodGuard } from './floodGuard.ts'
import { shortenLog } from './logRetention.ts'
import { verifyLog } from './logVerification.ts'
import type { VerificationProgress } from './logVerification.ts'
import { MarkKeeper } from './markKeeper.ts'

/*
 * The log of what happened: an append-only table whose rows are chained by HMAC from the first one on, so that a
 * changed or removed row shows; its newest row is marked outside of the database, so that a shorter log shows too. It
 * knows nothing of why things happen, and nothing secret is given to it.
 */

/** Where the log is written, the key that chains it, and where its newest row is marked. */
export interface AuditLogOptions {
  readonly database: Pick<Database, 'kysely' | 'makeDurable'>
  readonly clock: Clock
  readonly logger: Logger
  readonly chainKey: Buffer
  readonly vault: MarkVault
}

interface PendingRow {
  readonly atMs: number
  readonly event: AuditEvent
}

/** What a crash may lose; fewer writes cost less. */
const WRITE_DELAY_MS = 100
const RETRY_DELAY_MS = 2000
const MAX_PENDING = 10_000
/** Rows of one INSERT; 10 values each, far from SQLite's limit of 32,766. */
const INSERT_ROWS = 100
/** How often listeners hear of new rows at most. */
const TELL_MS = 500

const columns = 'seq, at_ms, event, actor_kind, actor_id, actor_name, address, details, prev_hmac, hmac'
const insertTexts = new Map<number, string>()

/** Building the text of an INSERT anew costs as much as carrying it out. */
function insertText(rows: number): string {
  const known = insertTexts.get(rows)
  if (known !== undefined) return known
  const text = `insert into audit (${columns}) values ${Array(rows).fill('(?,?,?,?,?,?,?,?,?,?)').join(',')}`
  insertTexts.set(rows, text)
  return text
}

export class AuditLog implements AuditSink {
  readonly #options: AuditLogOptions
  /** In Node 24 an HMAC with a Buffer as its key costs seven times as much. */
  readonly #chainKey: KeyObject
  readonly #flood = new FloodGuard()
  readonly #marks: MarkKeeper
  readonly #listeners = new Set<() => void>()
  #pending: PendingRow[] = []
  #lost = 0
  #timer: NodeJS.Timeout | undefined
  #telling: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#chainKey = createSecretKey(options.chainKey)
    this.#marks = new MarkKeeper({ ...options, chainKey: this.#chainKey, audit: this })
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
  async close(): Promise<void> {
    const nowMs = this.#options.clock.nowMs()
    for (const event of this.#flood.summarise()) this.#keep(event, nowMs)
    clearTimeout(this.#telling)
    await this.flush()
    await this.#marks.close()
    // Making the mark may have found something that is to be told.
    await this.flush()
  }

  /** Told after rows were written, twice a second at most. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Another process may have written. */
  changedElsewhere(): void {
    this.#tellSoon()
  }

  /** Reads the whole log and names what is not as it was written. Takes a while, and lets others work meanwhile. */
  async verify(onProgress?: (progress: VerificationProgress) => void): Promise<AuditVerdict> {
    await this.flush()
    const { database, vault } = this.#options
    return verifyLog({ kysely: database.kysely, chainKey: this.#chainKey, vault }, onProgress)
  }

  /** Writes what is pending and marks it: for an export, which says up to where it went. */
  async mark(): Promise<AuditMark | undefined> {
    await this.flush()
    return this.#marks.keep()
  }

  /** Removes rows older than that and says so in the log. @returns how many */
  async shorten(days: number): Promise<number> {
    await this.flush()
    const { database, clock, logger } = this.#options
    const done = await shortenLog({ kysely: database.kysely, clock, chainKey: this.#chainKey }, days)
    if (done.stoppedAtDamage) logger.warn({}, 'old rows of the log do not fit those before them, and were kept')
    if (done.removed > 0) {
      const details = { rows: done.removed, days }
      this.record({ event: 'log.shortenedByAge', actor: { kind: 'system' }, details })
    }
    return done.removed
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
    this.#tellLost()
    this.#marks.wrote()
    this.#tellSoon()
  }

  /** In the log as well: what is missing there must show there. */
  #tellLost(): void {
    if (this.#lost === 0) return
    this.#options.logger.error({ lost: this.#lost }, 'events were too many for the log and are lost')
    const details = { omitted: this.#lost, mostly: ['while the log could not be written'] }
    const event: AuditEvent = { event: 'log.shortened', actor: { kind: 'system' }, details }
    this.#lost = 0
    this.#keep(event, this.#options.clock.nowMs())
  }

  #tellSoon(): void {
    if (this.#listeners.size === 0 || this.#telling !== undefined) return
    this.#telling = setTimeout(() => {
      this.#telling = undefined
      for (const listener of [...this.#listeners]) listener()
    }, TELL_MS)
    this.#telling.unref()
  }

  /** One write transaction: whoever else appends, also another process, waits and continues from our last row. */
  async #append(batch: readonly PendingRow[]): Promise<void> {
    await this.#options.database.kysely.transaction().execute(async (transaction) => {
      let { seq, hmac } = await readHead(transaction)
      for (let from = 0; from < batch.length; from += INSERT_ROWS) {
        const part = batch.slice(from, from + INSERT_ROWS)
        const values: unknown[] = []
        for (const pending of part) {
          seq += 1
          const row = toChainedRow(pending, seq, hmac)
          hmac = chainHmac(this.#chainKey, row)
          pushValues(values, row, hmac)
        }
        await insert(transaction, part.length, values)
      }
    })
  }
}

const insert = (transaction: Transaction<Schema>, rows: number, values: unknown[]) =>
  transaction.executeQuery(CompiledQuery.raw(insertText(rows), values))

/** In the order of `columns`. */
function pushValues(values: unknown[], row: ChainedRow, hmac: string): void {
  values.push(row.seq, row.atMs, row.event, row.actorKind, row.actorId, row.actorName, row.address)
  values.push(row.details, row.prevHmac, hmac)
}

function toDetails({ details, authority }: AuditEvent): string {
  if (authority === undefined) return details === undefined ? '{}' : JSON.stringify(details)
  return JSON.stringify({ ...details, ...describeCredential(authority.credential) })
}

function describeCredential(credential: AuditCredential): Record<string, string> {
  switch (credential.kind) {
    case 'session':
      return { bySession: credential.sessionId }
    case 'apiKey':
      return { byKey: credential.keyId }
    case 'token':
      return { byToken: credential.tokenId }
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
    details: toDetails(event),
    prevHmac,
  }
}
