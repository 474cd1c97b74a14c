import type { Clock } from '../core/clock.ts'
import { DAY_MS } from '../core/time.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { JobLedger } from './jobLedger.ts'
import type { JobQueueDependencies } from './jobQueueTypes.ts'

/** Looked at again by then: timers hold no longer times. */

export interface QueuePauseParts {
  readonly clock: Clock
  readonly settings: JobQueueDependencies['settings']
  readonly ledger: JobLedger
  readonly dispatcher: Pick<Dispatcher, 'isPaused' | 'pump' | 'takeBack'>
  /** A job could not be taken back; it runs before the pause begins. */
  readonly failed: (error: unknown) => void
}

/** Makes the pause that the settings say come true, and end in time: the running job ends, the one that has not begun comes back. */
export class QueuePause {
  readonly #parts: QueuePauseParts
  #ends: NodeJS.Timeout | undefined

  constructor(parts: QueuePauseParts) {
    this.#parts = parts
  }

  follow(): void {
    const { clock, settings, ledger, dispatcher, failed } = this.#parts
    clearTimeout(this.#ends)
    if (!dispatcher.isPaused()) {
      dispatcher.pump()
      return
    }
    for (const job of ledger.list(({ status }) => status.state === 'sent')) dispatcher.takeBack(job).catch(failed)
    const untilMs = settings.get('jobs.paused')?.untilMs
    if (untilMs === null || untilMs === undefined) return
    this.#ends = setTimeout(() => this.follow(), Math.min(untilMs - clock.nowMs(), DAY_MS))
    this.#ends.unref()
  }

  close(): void {
    clearTimeout(this.#ends)
  }
}
