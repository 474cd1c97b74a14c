import type { KeyObject } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { AuditSink, AuditValue } from '../contract/audit.ts'
import type { Database } from '../database/openDatabase.ts'
import { isEqual, isSigned } from './auditChain.ts'
import type { ChainHead } from './auditChain.ts'
import { hasMark, maxLost, readMark, writeMark } from './auditMark.ts'
import type { AuditMark, LostHead, MarkVault } from './auditMark.ts'
import { countRows, findCheckpoint, findHmac, readHead } from './auditTable.ts'

const EVERY_MS = 60_000
/** A keychain that does not answer must not hold up the end of the program. */
const CLOSING_DEADLINE_MS = 2_000

export interface MarkKeeperOptions {
  readonly database: Pick<Database, 'kysely' | 'makeDurable'>
  readonly vault: MarkVault
  readonly clock: Clock
  readonly logger: Logger
  readonly chainKey: KeyObject
  /** Hears that rows which were there are gone. */
  readonly audit: AuditSink
}

/**
 * Renews the mark of the newest row, at most once a minute. Only what is committed and survives a loss of power is
 * marked, so that a mark never tells of rows that a crash took. A vault that fails is said once; the log goes on.
 */
export class MarkKeeper {
  readonly #options: MarkKeeperOptions
  #lastMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #running: Promise<AuditMark | undefined> | undefined
  #failed = false

  constructor(options: MarkKeeperOptions) {
    this.#options = options
  }

  /** Something was written: marks it soon. */
  wrote(): void {
    if (this.#timer !== undefined || !hasMark(this.#options.vault)) return
    const waitMs = Math.min(EVERY_MS, Math.max(0, this.#lastMs + EVERY_MS - this.#options.clock.nowMs()))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.keep()
    }, waitMs)
    this.#timer.unref()
  }

  /** Marks the newest row now. Never throws: undefined when there is no place for a mark or it does not answer. */
  keep(): Promise<AuditMark | undefined> {
    this.#running ??= this.#keep().finally(() => (this.#running = undefined))
    return this.#running
  }

  /** Marks what was written since the last mark. */
  async close(): Promise<void> {
    const isWaiting = this.#timer !== undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!isWaiting && this.#running === undefined) return
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSING_DEADLINE_MS)
    })
    // One that is under way may have looked before the last rows were written.
    const kept = (async () => {
      await this.#running
      await this.keep()
    })()
    await Promise.race([kept, deadline])
    clearTimeout(timer)
  }

  async #keep(): Promise<AuditMark | undefined> {
    const { vault, clock, logger } = this.#options
    if (!hasMark(vault)) return undefined
    this.#lastMs = clock.nowMs()
    try {
      const mark = await this.#renew()
      this.#failed = false
      return mark
    } catch (error) {
      if (!this.#failed) logger.warn({ err: error }, 'the mark of the newest row of the log could not be kept')
      this.#failed = true
      return undefined
    }
  }

  async #renew(): Promise<AuditMark | undefined> {
    const { database, vault, clock } = this.#options
    const before = await readMark(vault)
    const head = await readHead(database.kysely)
    const isKnown = before.kind === 'kept' && before.mark.seq === head.seq && before.mark.hmac === head.hmac
    if (isKnown) return before.mark
    if (head.seq === 0 && before.kind === 'none') return undefined
    const lost = before.kind === 'kept' ? await this.#findLost(before.mark) : []
    if (before.kind === 'unreadable') this.#tellDamaged({ mark: true })
    await database.makeDurable()
    if (head.seq === 0) return undefined
    const count = await countRows(database.kysely)
    const mark: AuditMark = { version: 1, ...head, count, atMs: clock.nowMs(), lost }
    await writeMark(vault, mark)
    return mark
  }

  /** Writing over a mark whose row is gone would hide that it is gone, so it is kept beside the new one. */
  async #findLost(mark: AuditMark): Promise<LostHead[]> {
    const { clock } = this.#options
    if (await this.#isThere(mark)) return mark.lost
    this.#tellDamaged({ row: mark.seq })
    return [...mark.lost, { seq: mark.seq, hmac: mark.hmac, foundAtMs: clock.nowMs() }].slice(-maxLost)
  }

  #tellDamaged(details: Record<string, AuditValue>): void {
    this.#options.audit.record({ event: 'log.damaged', actor: { kind: 'system' }, details })
  }

  async #isThere({ seq, hmac }: ChainHead): Promise<boolean> {
    const { database, chainKey } = this.#options
    const found = await findHmac(database.kysely, seq)
    if (found !== undefined) return isEqual(found, hmac)
    const checkpoint = await findCheckpoint(database.kysely)
    return checkpoint !== undefined && checkpoint.seq >= seq && isSigned(chainKey, checkpoint)
  }
}
