import type { JobAnswer, listedStates, QueueState } from '../contract/jobs.ts'
import { isWaiting } from '../jobs/job.ts'
import type { Job } from '../jobs/job.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { mayAdminister } from '../policy/rights.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { compareService, describeEnded, describeJob, parseEndedCursor, toEndedPage } from './jobAnswers.ts'
import type { PageQuery } from './paging.ts'

type ActiveState = Exclude<(typeof listedStates)[number], 'ended'> | 'all'

/** Those that a list is of; what is settling counts as running. */
const isListed: Readonly<Record<ActiveState, (job: Job) => boolean>> = {
  all: () => true,
  running: ({ status: { state } }) => state === 'running' || state === 'ended',
  waiting: ({ status: { state } }) => state === 'waiting' || state === 'sent',
  held: ({ status: { state } }) => state === 'held',
}

/** What is told of jobs: everybody's to who administers, to everybody else their own. */
export class JobLists {
  readonly #dependencies: Pick<OwnApplicationDependencies, 'stores' | 'jobs' | 'engine'>

  constructor(dependencies: Pick<OwnApplicationDependencies, 'stores' | 'jobs' | 'engine'>) {
    this.#dependencies = dependencies
  }

  read(principal: Principal, state: ActiveState): Promise<JobAnswer[]> {
    return this.describe(principal, this.#list(principal).filter(isListed[state]))
  }

  async describe(principal: Principal, list: readonly Job[]): Promise<JobAnswer[]> {
    const { jobs } = this.#dependencies
    const places = jobs.foresee()
    const nameOf = await this.#readNames()
    const seesPaths = mayAdminister(principal)
    const describe = (job: Job): JobAnswer => {
      const around = { name: nameOf(job.accountId), place: places.get(job.id), progress: jobs.progressOf(job) }
      return describeJob(job, { ...around, seesPaths })
    }
    return list.map(describe).sort(compareService)
  }

  /** What ended, newest first. @throws GateError VALIDATION_FAILED for a cursor that is none of ours */
  async readEnded(principal: Principal, { cursor, limit }: PageQuery) {
    const seesAll = mayAdminister(principal)
    const accountId = seesAll ? undefined : principal.accountId
    const after = parseEndedCursor(cursor)
    const found = await this.#dependencies.jobs.readEnded({ accountId, limit: limit + 1, after })
    const { jobs, nextCursor } = toEndedPage(found, limit)
    const nameOf = await this.#readNames()
    const items = jobs.map((job) => describeEnded(job, { name: nameOf(job.accountId), seesPaths: seesAll }))
    return { items, nextCursor }
  }

  describeQueue(principal: Principal): QueueState {
    const { stores, jobs, engine } = this.#dependencies
    const pause = stores.settings.get('jobs.paused')
    const untilMs = jobs.isPaused() ? (pause?.untilMs ?? null) : null
    const all = this.#list(principal)
    return {
      paused: jobs.isPaused(),
      pausedUntil: untilMs === null ? null : new Date(untilMs).toISOString(),
      ready: engine.state().kind === 'ready',
      waiting: all.filter(isWaiting).length,
      held: all.filter(isListed.held).length,
      running: all.filter(({ status }) => status.state === 'running').length,
    }
  }

  #list(principal: Principal): readonly Job[] {
    const { jobs } = this.#dependencies
    return mayAdminister(principal) ? jobs.list() : jobs.list(principal.accountId)
  }

  async #readNames(): Promise<(accountId: string) => string> {
    const names = new Map((await this.#dependencies.stores.accounts.list()).map(({ id, name }) => [id, name]))
    return (accountId) => names.get(accountId) ?? ''
  }
}
