import type { Kysely } from 'kysely'
import type { AuditSink } from '../contract/audit.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { DAY_MS, HOUR_MS } from '../core/time.ts'
import type { Schema } from '../database/schema.ts'
import type { FolderRules } from './folderRules.ts'

const SWEEP_MS = HOUR_MS
/** After a start, when everything else has settled. */
const FIRST_MS = 300_000
/** More than a person makes in an hour, and little enough that others do not notice. */
const FILES_AT_ONCE = 2_000

export interface RetentionParts {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly logger: Logger
  readonly audit: AuditSink
  readonly rulesOf: (accountId: string) => Promise<FolderRules>
  readonly isMoving: (accountId: string) => boolean
  /**
   * Puts up to `atMost` recorded files that were made and last brought back before and are not marked "keep" where removed ones come back from.
   * @returns how many; @throws when the folder cannot be used now
   */
  readonly expire: (accountId: string, madeBeforeMs: number, atMost: number) => Promise<number>
}

/** Clears away what is older than each person's files stay. Only files that jobs made; a crash leaves the rest for the next time. */
export class RetentionSweep {
  readonly #parts: RetentionParts
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | undefined
  #isClosed = false

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  /** Sweeps every hour from now on. */
  start(): void {
    this.#wait(FIRST_MS)
  }

  /** Everybody once. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepAll().finally(() => (this.#sweeping = undefined))
    return this.#sweeping
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#sweeping
  }

  #wait(ms: number): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.sweep()
        .catch((error: unknown) => this.#parts.logger.error({ err: error }, 'old files could not be cleared away'))
        .finally(() => this.#wait(SWEEP_MS))
    }, ms)
    this.#timer.unref()
  }

  async #sweepAll(): Promise<void> {
    const people = await this.#parts.kysely.selectFrom('accounts').select('id').execute()
    for (const { id } of people) if (!this.#isClosed) await this.#sweepOne(id)
  }

  async #sweepOne(accountId: string): Promise<void> {
    const { rulesOf, isMoving, expire, clock, audit, logger } = this.#parts
    const { retentionDays } = await rulesOf(accountId)
    if (retentionDays === null || isMoving(accountId)) return
    try {
      const files = await expire(accountId, clock.nowMs() - retentionDays * DAY_MS, FILES_AT_ONCE)
      if (files === 0) return
      const details = { of: accountId, files, days: retentionDays }
      audit.record({ event: 'folder.cleared', actor: { kind: 'system' }, details })
    } catch (error) {
      // A drive that is away; what is on it stays until it is there again.
      logger.warn({ err: error, account: accountId }, 'old files of an account could not be cleared away')
    }
  }
}
