import type { Clock } from '../core/clock.ts'
import type { Job } from './job.ts'

/** Between the engine's doing and our hearing of it. */
const HEARING_MS = 1_000

interface Interruption {
  readonly jobId: string
  readonly sentAtMs: number
  answeredAtMs: number
}

/**
 * ComfyUI 0.3.64 looks whether a job runs and then sets a flag for whatever runs (server.py, post_interrupt): when the
 * job ends and the next one begins in between, the next one is stopped. This knows which was meant.
 */
export class Interruptions {
  readonly #clock: Clock
  readonly #interrupt: (jobId: string) => Promise<boolean>
  readonly #asked = new Set<string>()
  #last: Interruption | undefined

  constructor(clock: Clock, interrupt: (jobId: string) => Promise<boolean>) {
    this.#clock = clock
    this.#interrupt = interrupt
  }

  async send(jobId: string): Promise<void> {
    this.#asked.add(jobId)
    const interruption = { jobId, sentAtMs: this.#clock.nowMs(), answeredAtMs: Infinity }
    this.#last = interruption
    await this.#interrupt(jobId)
    interruption.answeredAtMs = this.#clock.nowMs()
  }

  /** Whether the one that has stopped this job was meant for the one before. */
  hasHitAnother({ id, startedAtMs }: Job): boolean {
    if (this.#asked.has(id) || this.#last === undefined || startedAtMs === undefined) return false
    const { jobId, sentAtMs, answeredAtMs } = this.#last
    return jobId !== id && startedAtMs >= sentAtMs - HEARING_MS && startedAtMs <= answeredAtMs + HEARING_MS
  }

  forget(jobId: string): void {
    this.#asked.delete(jobId)
  }
}
