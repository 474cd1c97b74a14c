import type { EngineLink, EngineQueue } from './engineLink.ts'
import type { Job } from './job.ts'
import type { JobEndings } from './jobEndings.ts'
import type { JobLedger } from './jobLedger.ts'
import { isUpstream } from './jobState.ts'
import type { ShareBook } from './shareBook.ts'

const MAX_LOSSES = 5

/** What of the dispatcher a comparison needs. */
export interface ComparisonActions {
  link(): EngineLink
  begin(job: Job): void
  ended(job: Job): void
  /** The engine has it no more, and it had begun. */
  lost(job: Job): Promise<void>
}

/** Finds out what became of jobs by asking the engine: events may have been missed. Runs in the dispatcher's turns. */
export class Comparison {
  readonly #ledger: JobLedger
  readonly #book: ShareBook
  readonly #endings: JobEndings
  readonly #actions: ComparisonActions

  constructor(
    parts: { readonly ledger: JobLedger; readonly book: ShareBook; readonly endings: JobEndings },
    actions: ComparisonActions,
  ) {
    this.#ledger = parts.ledger
    this.#book = parts.book
    this.#endings = parts.endings
    this.#actions = actions
  }

  /** `wasWithdrawn`: it was taken out of the engine's queue just now. */
  async follow(job: Job, { running, pending }: EngineQueue, wasWithdrawn = false): Promise<void> {
    if (pending.has(job.id) || !isUpstream(job.status.state)) return
    if (running.has(job.id)) {
      if (job.status.state === 'sent') this.#actions.begin(job)
      return
    }
    const ending = await this.#finish(job)
    if (ending !== 'unknown') return
    // Asked again: events go on arriving in the meantime.
    if (job.status.state === 'running') await this.#actions.lost(job)
    else await this.#comeBack(job, wasWithdrawn)
  }

  /** Takes a job back if it has not begun. @returns whether it waits in the gate now */
  async takeBack(job: Job): Promise<boolean> {
    const link = this.#actions.link()
    if (job.status.state === 'waiting') return true
    if (job.status.state !== 'sent' || link.bootId() === undefined) return false
    await link.withdraw(job.id)
    const queue = await link.readQueue()
    if (queue === undefined || queue.pending.has(job.id)) return false
    await this.follow(job, queue, true)
    return this.#isBack(job)
  }

  /**
   * Whether the engine has a job that it did not say it took; then the job is followed. Handed over without asking, it
   * could run twice. `unknown`: it cannot be asked, and the job waits again.
   */
  async isThere(job: Job): Promise<boolean | 'unknown'> {
    const queue = await this.#actions.link().readQueue()
    if (queue === undefined) {
      await this.#giveBack(job)
      return 'unknown'
    }
    if (queue.pending.has(job.id) || queue.running.has(job.id)) {
      await this.follow(job, queue)
      return true
    }
    return (await this.#finish(job)) !== 'unknown'
  }

  async #finish(job: Job): Promise<'done' | 'busy' | 'unknown'> {
    const ending = await this.#endings.finish(job)
    if (ending === 'done') {
      this.#endings.tellOver(job)
      this.#actions.ended(job)
    }
    return ending
  }

  /** Asked after an await, during which the state may have become anything. */
  #isBack(job: Job): boolean {
    return job.status.state === 'waiting'
  }

  /** The engine does not have it, and it never ran: it is handed over again, but not for ever. */
  async #comeBack(job: Job, wasWithdrawn: boolean): Promise<void> {
    if (!wasWithdrawn) job.losses += 1
    if (job.losses < MAX_LOSSES) {
      await this.#giveBack(job)
      return
    }
    const words = 'ComfyUI took this job several times and lost it each time.'
    if (await this.#endings.fail(job, { kind: 'finish', outcome: 'failed' }, words)) this.#actions.ended(job)
  }

  async #giveBack(job: Job): Promise<void> {
    if (await this.#ledger.apply(job, { kind: 'takeBack' }, { bootId: undefined })) this.#book.refund(job)
  }
}
