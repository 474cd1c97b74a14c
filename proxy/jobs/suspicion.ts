import type { Clock } from '../core/clock.ts'
import { HOUR_MS } from '../core/time.ts'
import type { Job } from './job.ts'
import type { JobLedger } from './jobLedger.ts'
import type { EngineCrash, QueueMemory } from './queueMemory.ts'

/** How sure it is that what ended the engine was its running job. */
export type Blame = 'none' | 'likely' | 'sure'

/** So many within an hour: from then on somebody else has to look. */
const CRASHES = 2

/** Whose jobs brought the engine down. One person's do not take it from everybody, whatever they send. */
export class Suspicion {
  readonly #clock: Clock
  readonly #memory: QueueMemory
  readonly #ledger: JobLedger
  #crashes: EngineCrash[]

  private constructor(clock: Clock, memory: QueueMemory, ledger: JobLedger, crashes: EngineCrash[]) {
    this.#clock = clock
    this.#memory = memory
    this.#ledger = ledger
    this.#crashes = crashes
  }

  static async open(clock: Clock, memory: QueueMemory, ledger: JobLedger): Promise<Suspicion> {
    return new Suspicion(clock, memory, ledger, await memory.readCrashes(clock.nowMs() - HOUR_MS))
  }

  /** Whether this person's jobs wait until somebody looked at them. */
  isLocked(accountId: string): boolean {
    const sinceMs = this.#clock.nowMs() - HOUR_MS
    this.#crashes = this.#crashes.filter(({ atMs }) => atMs > sinceMs)
    return this.#crashes.filter((crash) => crash.accountId === accountId).length >= CRASHES
  }

  /** The job brought the engine down. */
  async note({ accountId, id }: Job): Promise<void> {
    const crash = { accountId, atMs: this.#clock.nowMs() }
    this.#crashes.push(crash)
    await this.#memory.addCrash(crash, id)
  }

  /** This person's jobs wait until they are released. */
  async hold(accountId: string): Promise<void> {
    for (const job of this.#ledger.ofAccount(accountId)) {
      await this.#ledger.apply(job, { kind: 'hold', because: 'suspect' })
    }
  }

  /** Somebody looked: what was is forgotten. */
  async forgive(accountId: string): Promise<void> {
    this.#crashes = this.#crashes.filter((crash) => crash.accountId !== accountId)
    await this.#memory.forgetCrashes(accountId)
  }
}
