import type { Dispatcher } from './dispatcher.ts'
import type { Job } from './job.ts'
import type { JobLedger } from './jobLedger.ts'
import type { JobRights } from './jobQueueTypes.ts'
import { isUpstream } from './jobState.ts'

/** A lost right stops what runs and holds what waits; a right that came back releases it. */
export class RightsWatch {
  readonly #rights: JobRights
  readonly #ledger: JobLedger
  readonly #dispatcher: Dispatcher

  constructor(rights: JobRights, ledger: JobLedger, dispatcher: Dispatcher) {
    this.#rights = rights
    this.#ledger = ledger
    this.#dispatcher = dispatcher
  }

  async follow(): Promise<void> {
    const people = new Set(this.#ledger.list().map(({ accountId }) => accountId))
    for (const accountId of people) {
      const rights = await this.#rights.find(accountId)
      for (const job of this.#ledger.ofAccount(accountId)) {
        if (rights !== undefined && (await rights.mayRun(job))) await this.#restore(job)
        else await this.#withdraw(job, rights === undefined)
      }
    }
    this.#dispatcher.pump()
  }

  async #restore(job: Job): Promise<void> {
    if (job.status.heldBecause === 'rights') await this.#ledger.apply(job, { kind: 'release' })
  }

  async #withdraw(job: Job, isGone: boolean): Promise<void> {
    if (isGone) await this.#dispatcher.cancel(job)
    else if (!isUpstream(job.status.state) || job.status.state === 'sent') await this.#dispatcher.hold(job, 'rights')
    this.#dispatcher.stop(job, 'You may not run this workflow any more.')
  }
}
