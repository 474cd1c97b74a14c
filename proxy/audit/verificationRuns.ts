import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { AuditVerdict, AuditVerification } from '../contract/auditLog.ts'
import { toIsoOrNull } from '../core/time.ts'
import type { AuditLog } from './auditLog.ts'
import type { VerificationProgress } from './logVerification.ts'

/** A verdict this young is told again instead of reading everything once more. */
const FRESH_MS = 10_000
/** Short logs are answered at once. */
const PATIENCE_MS = 1_000

export interface VerificationRunsOptions {
  readonly log: Pick<AuditLog, 'verify'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Checks the log for whoever asks, one run for all who ask meanwhile. */
export class VerificationRuns {
  readonly #options: VerificationRunsOptions
  #running: Promise<void> | undefined
  #progress: VerificationProgress = { done: 0, total: 0 }
  #last: { readonly verdict: AuditVerdict; readonly atMs: number } | undefined
  #failed = false

  constructor(options: VerificationRunsOptions) {
    this.#options = options
  }

  /** What is known: of a run that is under way, after waiting a moment for its end, or of one that is just over. */
  async ask(): Promise<AuditVerification> {
    const { clock } = this.#options
    const isFresh = this.#last !== undefined && Math.abs(clock.nowMs() - this.#last.atMs) < FRESH_MS
    if (this.#running === undefined && !isFresh) this.#running = this.#run()
    if (this.#running !== undefined) await Promise.race([this.#running, patience()])
    return this.#describe()
  }

  #describe(): AuditVerification {
    const { verdict, atMs } = this.#last ?? {}
    const state = this.#running !== undefined ? 'running' : this.#failed ? 'failed' : 'done'
    return {
      state,
      ...this.#progress,
      verdict: verdict ?? null,
      at: toIsoOrNull(atMs),
    }
  }

  async #run(): Promise<void> {
    const { log, clock, logger } = this.#options
    this.#progress = { done: 0, total: 0 }
    try {
      const verdict = await log.verify((progress) => (this.#progress = progress))
      this.#last = { verdict, atMs: clock.nowMs() }
      this.#failed = false
    } catch (error) {
      this.#failed = true
      logger.error({ err: error }, 'the log of what happened could not be checked')
    } finally {
      this.#running = undefined
    }
  }
}

const patience = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref()
  })
