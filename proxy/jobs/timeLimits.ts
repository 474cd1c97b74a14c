import type { Job } from './job.ts'

export interface TimeLimitActions {
  interrupt(job: Job): void
  /** It was interrupted and went on: one long call, or a node that holds Python's lock for ever. */
  giveUp(job: Job): void
}

/** Watches that no job runs longer than its person may. */
export class TimeLimits {
  readonly #graceMs: number
  readonly #actions: TimeLimitActions
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(graceMs: number, actions: TimeLimitActions) {
    this.#graceMs = graceMs
    this.#actions = actions
  }

  start(job: Job): void {
    if (job.runLimitSeconds === null || this.#timers.has(job.id)) return
    this.#set(job, job.runLimitSeconds * 1000, () => {
      this.#actions.interrupt(job)
      this.#set(job, this.#graceMs, () => this.#actions.giveUp(job))
    })
  }

  /** Whether its time was up. */
  stop(job: Job): void {
    clearTimeout(this.#timers.get(job.id))
    this.#timers.delete(job.id)
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
