import { holdWords } from '../contract/jobs.ts'
import type { JobAnswer, listedStates, QueueState } from '../contract/jobs.ts'
import { toIsoOrNull } from '../core/time.ts'
import { isWaiting } from '../jobs/job.ts'
import type { Job } from '../jobs/job.ts'
import type { JobStatus } from '../jobs/jobState.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { mayAdminister, onlyWorkflowOf } from '../policy/rights.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { compareService, describeEnded, describeJob, parseEndedCursor, toEndedPage } from './jobAnswers.ts'
import { seesJob } from './ownJob.ts'
import type { PageQuery } from './paging.ts'

type ActiveState = Exclude<(typeof listedStates)[number], 'ended'> | 'all'

/** The list that a job stands in; what is settling counts as running. */
function listOf({ state }: JobStatus, isWithoutRoom: boolean): Exclude<ActiveState, 'all'> {
  if (state === 'running' || state === 'ended') return 'running'
  return state === 'held' || (state === 'waiting' && isWithoutRoom) ? 'held' : 'waiting'
}

/** What is told of jobs: everybody's to who administers, to everybody else their own. */
export class JobLists {
  readonly #dependencies: Pick<OwnApplicationDependencies, 'stores' | 'jobs' | 'engine'>

  constructor(dependencies: Pick<OwnApplicationDependencies, 'stores' | 'jobs' | 'engine'>) {
    this.#dependencies = dependencies
  }

  read(principal: Principal, state: ActiveState): Promise<JobAnswer[]> {
    const isListed = (job: Job): boolean => state === 'all' || this.#listOf(job) === state
    return this.describe(principal, this.#list(principal).filter(isListed))
  }

  async describe(principal: Principal, list: readonly Job[]): Promise<JobAnswer[]> {
    const { jobs } = this.#dependencies
    const places = jobs.foresee()
    const nameOf = await this.#readNames()
    const seesPaths = mayAdminister(principal)
    const previewFor = ({ accountId }: Principal, job: Job) =>
      job.accountId === accountId ? jobs.previewOf(job) : undefined
    const describe = (job: Job): JobAnswer => {
      const run = { progress: jobs.progressOf(job), preview: previewFor(principal, job) }
      const around = { name: nameOf(job.accountId), place: places.get(job.id), ...run }
      return { ...describeJob(job, { ...around, seesPaths }), ...this.#describeRoom(job) }
    }
    return list.map(describe).sort(compareService)
  }

  /** What ended, newest first. @throws GateError VALIDATION_FAILED for a cursor that is none of ours */
  async readEnded(principal: Principal, { cursor, limit }: PageQuery) {
    const seesAll = mayAdminister(principal)
    const accountId = seesAll ? undefined : principal.accountId
    const after = parseEndedCursor(cursor)
    const publishedId = onlyWorkflowOf(principal)
    const found = await this.#dependencies.jobs.readEnded({ accountId, publishedId, limit: limit + 1, after })
    const { jobs, nextCursor } = toEndedPage(found, limit)
    const nameOf = await this.#readNames()
    const items = jobs.map((job) => describeEnded(job, { name: nameOf(job.accountId), seesPaths: seesAll }))
    return { items, nextCursor }
  }

  /** One of one's own, or of anybody with the right to administer: also one that is over. */
  async find(principal: Principal, id: string): Promise<JobAnswer | undefined> {
    const { jobs } = this.#dependencies
    const seesAll = mayAdminister(principal)
    const active = jobs.find(id)
    if (active !== undefined)
      return seesJob(principal, active) ? (await this.describe(principal, [active]))[0] : undefined
    const ended = await jobs.findEnded(id)
    if (ended === undefined || !seesJob(principal, ended)) return undefined
    const nameOf = await this.#readNames()
    return describeEnded(ended, { name: nameOf(ended.accountId), seesPaths: seesAll })
  }

  async describeQueue(principal: Principal): Promise<QueueState> {
    const { stores, jobs, engine } = this.#dependencies
    const pause = stores.settings.get('jobs.paused')
    const untilMs = jobs.isPaused() ? (pause?.untilMs ?? null) : null
    const all = this.#list(principal)
    const stop = await jobs.findStop()
    return {
      paused: jobs.isPaused(),
      pausedUntil: toIsoOrNull(untilMs),
      ready: engine.state().kind === 'ready',
      // How full which disk is, is the owner's business.
      stoppedBecause: stop === undefined ? null : mayAdminister(principal) ? stop : holdWords.disk,
      waiting: all.filter(isWaiting).length,
      held: all.filter((job) => this.#listOf(job) === 'held').length,
      running: all.filter(({ status }) => status.state === 'running').length,
    }
  }

  /** What keeps a job that nobody holds from beginning when its turn comes. */
  #describeRoom({ accountId, status }: Job): Partial<JobAnswer> {
    const { jobs } = this.#dependencies
    if (status.state !== 'waiting') return {}
    const hold = jobs.roomHoldOf(accountId)
    if (hold !== undefined) return { state: 'held', heldBecause: hold, reason: holdWords[hold] }
    return jobs.isStopped ? { reason: holdWords.disk } : {}
  }

  #listOf({ accountId, status }: Job): Exclude<ActiveState, 'all'> {
    return listOf(status, this.#dependencies.jobs.roomHoldOf(accountId) !== undefined)
  }

  #list(principal: Principal): readonly Job[] {
    const { jobs } = this.#dependencies
    const list = mayAdminister(principal) ? jobs.list() : jobs.list(principal.accountId)
    return list.filter((job) => seesJob(principal, job))
  }

  async #readNames(): Promise<(accountId: string) => string> {
    const names = new Map((await this.#dependencies.stores.accounts.list()).map(({ id, name }) => [id, name]))
    return (accountId) => names.get(accountId) ?? ''
  }
}
