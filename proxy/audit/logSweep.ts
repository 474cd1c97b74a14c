import type { Logger } from '../core/logger.ts'
import { HOUR_MS } from '../core/time.ts'
import type { AuditLog } from './auditLog.ts'

const FIRST_MS = 60_000
const EVERY_MS = HOUR_MS

export interface LogSweepOptions {
  readonly log: Pick<AuditLog, 'shorten'>
  readonly settings: {
    get(name: 'audit.retentionDays'): number | null
    onChange(listener: (names: readonly string[]) => void): () => void
  }
  readonly logger: Logger
}

/** Clears old rows of the log away: soon after the start, every hour, and when it is set how long they are kept. */
export class LogSweep {
  readonly #options: LogSweepOptions
  readonly #unsubscribe: () => void
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: LogSweepOptions) {
    this.#options = options
    this.#unsubscribe = options.settings.onChange((names) => {
      if (names.includes('audit.retentionDays')) void this.sweep()
    })
  }

  start(): void {
    this.#plan(FIRST_MS)
  }

  /** One pass, after the one that may be under way. Never throws. */
  sweep(): Promise<void> {
    this.#running = this.#running.then(() => this.#sweep())
    return this.#running
  }

  close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#unsubscribe()
    return this.#running
  }

  #plan(delayMs: number): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.sweep().then(() => this.#plan(EVERY_MS)), delayMs)
    this.#timer.unref()
  }

  async #sweep(): Promise<void> {
    const days = this.#options.settings.get('audit.retentionDays')
    if (days === null || this.#closed) return
    try {
      await this.#options.log.shorten(days)
    } catch (error) {
      this.#options.logger.error({ err: error }, 'old rows of the log could not be cleared away')
    }
  }
}
