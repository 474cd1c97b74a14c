import { charge, correct, emptyFairShare } from './fairShare.ts'
import type { FairShare } from './fairShare.ts'
import type { Job } from './job.ts'

/** What handing over costs beside the run itself: jobs of no time at all are served in turn, too. */
const LEAST_SECONDS = 0.05

/** Keeps account of what everybody got: guessed when a job is handed over, and set right when it has run. */
export class ShareBook {
  #share: FairShare = emptyFairShare

  get share(): FairShare {
    return this.#share
  }

  charge(job: Job, weight: number): void {
    const { accountId } = job
    const seconds = Math.max(job.expectedSeconds, LEAST_SECONDS)
    job.charged = { seconds, weight }
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
    this.#share = correct(this.#share, { accountId: job.accountId, seconds: actualSeconds - seconds, weight })
  }
}
