import { charge, correct, emptyFairShare } from './fairShare.ts'
import type { FairShare } from './fairShare.ts'
import type { Job } from './job.ts'

/** What handing over costs beside the run itself: jobs of no time at all are served in turn, too. */
const LEAST_SECONDS = 0.05

/** Keeps account of what everybody got: guessed when a job is handed over, and set right when it has run. */
export class ShareBook {
  #share: FairShare
  /** Charged for what they are expected to take, and not set right yet. */
  readonly #open = new Set<Job>()

  constructor(share: FairShare = emptyFairShare) {
    this.#share = share
  }

  get share(): FairShare {
    return this.#share
  }

  /** What everybody got without what runs now: after a restart that is charged again. */
  settledShare(): FairShare {
    let share = this.#share
    for (const { accountId, charged } of this.#open) {
      if (charged !== undefined) share = correct(share, { accountId, ...charged, seconds: -charged.seconds })
    }
    return share
  }

  charge(job: Job, weight: number): void {
    const { accountId } = job
    const seconds = Math.max(job.expectedSeconds, LEAST_SECONDS)
    job.charged = { seconds, weight }
    this.#open.add(job)
    this.#share = charge(this.#share, { accountId, seconds, weight })
  }

  /** It has run, for so long. */
  settle(job: Job, seconds: number): void {
    this.#correct(job, Math.max(seconds, LEAST_SECONDS))
  }

  /** It did not run, or has to run again. */
  refund(job: Job): void {
    this.#correct(job, 0)
  }

  #correct(job: Job, actualSeconds: number): void {
    if (job.charged === undefined) return
    const { seconds, weight } = job.charged
    job.charged = undefined
    this.#open.delete(job)
    this.#share = correct(this.#share, { accountId: job.accountId, seconds: actualSeconds - seconds, weight })
  }
}
