import type { Clock } from '../core/clock.ts'
import type { Job } from '../jobs/job.ts'
import type { Blame } from '../jobs/suspicion.ts'
import type { HeavyRequests } from './heavyRequests.ts'

/** Longer than an engine may stay above its ceiling, and than ending it takes (launcher/memoryCeiling.ts). */
const PRESSURE_MS = 30_000

/** When the engine came above its ceiling: the jobs that ran while nobody else computed in it. */
interface Pressure {
  readonly atMs: number
  readonly suspects: ReadonlySet<string>
}

/**
 * What an end of the engine says about the job that ran. A request that computes in the engine's own thread hangs it and
 * fills its memory as well as a job does; while one of somebody else's was open, nobody knows. And the memory that ends
 * it now was taken when its ceiling was crossed, perhaps by another job than the one that runs now.
 */
export class EngineBlame {
  readonly #clock: Clock
  readonly #heavy: Pick<HeavyRequests, 'isUnansweredBesides'>
  #pressure: Pressure | undefined
  #bootId: string | undefined

  constructor(clock: Clock, heavy: Pick<HeavyRequests, 'isUnansweredBesides'>) {
    this.#clock = clock
    this.#heavy = heavy
  }

  /** The engine takes more memory than it may since now. @returns which of the running jobs need not have done it */
  pressed(running: readonly Job[]): ReadonlySet<Job> {
    const spared = new Set(running.filter(({ accountId }) => this.#heavy.isUnansweredBesides(accountId)))
    const suspects = new Set(running.filter((job) => !spared.has(job)).map(({ id }) => id))
    this.#pressure = { atMs: this.#clock.nowMs(), suspects }
    return spared
  }

  /** Which start of the engine runs: what an earlier one took says nothing about its jobs. */
  engineIs(bootId: string): void {
    if (bootId !== this.#bootId) this.#pressure = undefined
    this.#bootId = bootId
  }

  of(code: string, job: Job): Blame {
    switch (code) {
      case 'WORKER_DIED':
        return 'sure'
      case 'OUT_OF_MEMORY':
        return this.#wasPressedByAnother(job) ? 'none' : this.#unlessBesides(job)
      case 'NOT_ANSWERING':
        return this.#unlessBesides(job)
      case 'EXITED':
        return 'likely'
      default:
        return 'none'
    }
  }

  #unlessBesides({ accountId }: Job): Blame {
    return this.#heavy.isUnansweredBesides(accountId) ? 'none' : 'sure'
  }

  /** Without a moment in which it was pressed it was full at once, or the system ended it: by what ran then. */
  #wasPressedByAnother({ id }: Job): boolean {
    const { atMs, suspects } = this.#pressure ?? { atMs: -Infinity, suspects: new Set() }
    return this.#clock.nowMs() - atMs <= PRESSURE_MS && !suspects.has(id)
  }
}
