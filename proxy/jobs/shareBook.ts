import { charge, correct, emptyFairShare } from './fairShare.ts'
import type { FairShare } from './fairShare.ts'
import type { Job } from './job.ts'

/** Keeps account of what everybody got: guessed when a job is handed over, and set right when it has run. */
export class ShareBook {
  #share: FairShare = emptyFairShare

  get share(): FairShare {
    return this.#share
  }

  charge(job: Job, weight: number): void {
    const { accountId, expectedSeconds: seconds } = job
    job.charged = { seconds, weight }
    this.#share = charge(this.#share, { accountId, seconds, weight })
  }

  /** `actualSeconds`: what it took in the end; none when it did not run. */
  settle(job: Job, actualSeconds = 0): void {
    if (job.charged === undefined) return
    const { seconds, weight } = job.charged
    job.charged = undefined
    this.#share = correct(this.#share, { accountId: job.accountId, seconds: actualSeconds - seconds, weight })
  }
}
