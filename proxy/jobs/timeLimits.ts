import type { Job } from './job.ts'

export interface TimeLimitActions {
  /** `why`: in words, for its person. */
  interrupt(job: Job, why: string): void
  /** It was interrupted and went on: one long call, or a node that holds Python's lock for ever. */
  giveUp(job: Job): void
}

/** Watches that no job runs longer than its person may. */
export class TimeLimits {
  readonly #graceMs: number
  readonly #actions: TimeLimitActions
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #stopping = new Set<string>()

  constructor(graceMs: number, actions: TimeLimitActions) {
    this.#graceMs = graceMs
    this.#actions = actions
  }

  start(job: Job): void {
    if (job.runLimitSeconds === null || this.#timers.has(job.id)) return
    this.#set(job, job.runLimitSeconds * 1000, () => {
      this.stopNow(job, `It took longer than the ${String(job.runLimitSeconds)} seconds that a job of yours may take.`)
    })
  }

  /** Its time is up, whatever its limit is. Once: who asks again gets no more time. */
  stopNow(job: Job, why: string): void {
    if (this.#stopping.has(job.id)) return
    this.#stopping.add(job.id)
    this.#actions.interrupt(job, why)
    this.#set(job, this.#graceMs, () => this.#actions.giveUp(job))
  }

  /** Whether its time was up. */
  stop(job: Job): void {
    clearTimeout(this.#timers.get(job.id))
    this.#timers.delete(job.id)
    this.#stopping.delete(job.id)
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #set(job: Job, ms: number, action: () => void): void {
    clearTimeout(this.#timers.get(job.id))
    this.#timers.set(job.id, setTimeout(action, ms))
  }
}
