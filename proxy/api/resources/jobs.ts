import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { AuditEventName } from '../../contract/audit.ts'
import { GateError } from '../../contract/errorCodes.ts'
import {
  changeJobSchema,
  holdWords,
  jobSchema,
  jobUseSchema,
  pauseQueueSchema,
  queueStateSchema,
} from '../../contract/jobs.ts'
import type { JobAnswer } from '../../contract/jobs.ts'
import type { Job } from '../../jobs/job.ts'
import type { JobState } from '../../jobs/jobState.ts'
import type { Place } from '../../jobs/waitingLine.ts'
import type { Principal } from '../../pipeline/requestContext.ts'
import { mayAdminister } from '../../policy/rights.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister, requireJobs } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const params = z.object({ id: z.uuid() })

const listRoute = createRoute({
  method: 'get',
  path: '/jobs',
  summary: 'Jobs that wait or run: everybody’s for who administers, otherwise one’s own',
  request: { query: pageQuerySchema },
  responses: {
    200: jsonAnswer(pageSchema(jobSchema), 'Jobs, in the order in which they are served'),
    ...commonRefusals,
  },
})

const useRoute = createRoute({
  method: 'get',
  path: '/jobs/use',
  summary: 'What one may use and has used today',
  responses: { 200: jsonAnswer(jobUseSchema, 'Limits and counts'), ...commonRefusals },
})

const stateRoute = createRoute({
  method: 'get',
  path: '/jobs/queue',
  summary: 'Whether jobs run, and how many there are',
  responses: { 200: jsonAnswer(queueStateSchema, 'The queue'), ...commonRefusals },
})

const pauseRoute = createRoute({
  method: 'put',
  path: '/jobs/queue',
  summary: 'Pause after the running job, or go on',
  request: { body: jsonBody(pauseQueueSchema) },
  responses: { 200: jsonAnswer(queueStateSchema, 'The queue as it is now'), ...commonRefusals },
})

const changeRoute = createRoute({
  method: 'patch',
  path: '/jobs/{id}',
  summary: 'Hold, release or move a job that waits',
  request: { params, body: jsonBody(changeJobSchema) },
  responses: { 200: jsonAnswer(jobSchema, 'The job'), ...commonRefusals },
})

const cancelRoute = createRoute({
  method: 'delete',
  path: '/jobs/{id}',
  summary: 'Cancel a job that waits, or stop it if it runs',
  request: { params },
  responses: { 204: noContent, ...commonRefusals },
})

/** The queue, for people their own part of it, for the owner all. */
export function createJobsResource({ stores, jobs }: OwnApplicationDependencies) {
  const getJob = (principal: Principal, id: string): Job => {
    const job = jobs.find(id)
    if (job !== undefined && (job.accountId === principal.accountId || mayAdminister(principal))) return job
    throw new GateError('NOT_FOUND', 'There is no such job, or it is over.')
  }
  const describeAll = async (list: readonly Job[]): Promise<JobAnswer[]> => {
    const places = jobs.foresee()
    const names = new Map((await stores.accounts.list()).map(({ id, name }) => [id, name]))
    const describe = (job: Job): JobAnswer => describeJob(job, names.get(job.accountId) ?? '', places.get(job.id))
    return list.map(describe).sort(byService)
  }
  const describeQueue = () => {
    const pause = stores.settings.get('jobs.paused')
    const untilMs = jobs.isPaused() ? (pause?.untilMs ?? null) : null
    const all = jobs.list().map(({ status }) => status.state)
    return {
      paused: jobs.isPaused(),
      pausedUntil: untilMs === null ? null : new Date(untilMs).toISOString(),
      waiting: all.filter((state) => state === 'waiting' || state === 'sent' || state === 'held').length,
      running: all.filter((state) => state === 'running').length,
    }
  }
  const record = (principal: Principal, address: string, event: AuditEventName, job?: Job): void => {
    const details = job === undefined ? {} : { job: job.id, of: job.accountId }
    stores.audit.record({ ...toActedBy(principal, address), event, details })
  }
  return createRouter()
    .openapi(listRoute, async (c) => {
      const principal = requireJobs(c.env.context, 'read')
      const list = mayAdminister(principal) ? jobs.list() : jobs.list(principal.accountId)
      return c.json(toPage(await describeAll(list), c.req.valid('query')), 200)
    })
    .openapi(useRoute, async (c) => {
      const { accountId, role } = requireJobs(c.env.context, 'read')
      return c.json(await jobs.describeUse({ accountId, role }), 200)
    })
    .openapi(stateRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json(describeQueue(), 200)
    })
    .openapi(pauseRoute, async (c) => {
      const { context } = c.env
      const principal = requireAdminister(context)
      const { paused, until } = c.req.valid('json')
      const untilMs = until === undefined ? null : Date.parse(until)
      await stores.settings.set('jobs.paused', paused ? { untilMs } : null)
      record(principal, context.clientAddress, paused ? 'jobs.paused' : 'jobs.resumed')
      return c.json(describeQueue(), 200)
    })
    .openapi(changeRoute, async (c) => {
      const { context } = c.env
      const { held, place } = c.req.valid('json')
      const principal = place === undefined ? requireJobs(context, 'run') : requireAdminister(context)
      const job = getJob(principal, c.req.valid('param').id)
      if (held !== undefined) {
        checkDone(held ? await jobs.hold(job, holderOf(principal, job)) : await release(principal, job))
        record(principal, context.clientAddress, held ? 'job.held' : 'job.released', job)
      }
      if (place !== undefined) {
        checkDone(await jobs.move(job, place))
        record(principal, context.clientAddress, 'job.moved', job)
      }
      const [answer] = await describeAll([job])
      if (answer === undefined) throw new GateError('NOT_FOUND', 'There is no such job, or it is over.')
      return c.json(answer, 200)
    })
    .openapi(cancelRoute, async (c) => {
      const { context } = c.env
      const principal = requireJobs(context, 'run')
      const job = getJob(principal, c.req.valid('param').id)
      if (!(await jobs.cancel(job))) await jobs.interrupt(job)
      record(principal, context.clientAddress, 'job.cancelled', job)
      return c.body(null, 204)
    })

  /** What the owner holds is the owner's to release. */
  async function release(principal: Principal, job: Job): Promise<boolean> {
    if (job.status.heldBecause === 'owner' && !mayAdminister(principal)) {
      throw new GateError('PERMISSION_DENIED', holdWords.owner)
    }
    if (job.status.heldBecause === 'rights' || job.status.heldBecause === 'token') {
      throw new GateError('PERMISSION_DENIED', holdWords[job.status.heldBecause])
    }
    return jobs.release(job)
  }
}

const holderOf = (principal: Principal, job: Job): 'person' | 'owner' =>
  job.accountId === principal.accountId ? 'person' : 'owner'

function checkDone(done: boolean): void {
  if (!done) throw new GateError('NOT_FOUND', 'That job has begun or is over.')
}

const shownStates: Readonly<Record<JobState, JobAnswer['state']>> = {
  waiting: 'waiting',
  held: 'held',
  sent: 'starting',
  running: 'running',
  ended: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
}

const toIso = (atMs: number | undefined): string | null => (atMs === undefined ? null : new Date(atMs).toISOString())

function describeJob(job: Job, name: string, place: Place | undefined): JobAnswer {
  const { heldBecause, state } = job.status
  return {
    id: job.id,
    user: { id: job.accountId, name },
    state: shownStates[state],
    position: place?.position ?? null,
    expectedWaitSeconds: place === undefined ? null : Math.round(place.waitSeconds),
    expectedRunSeconds: Math.round(job.expectedSeconds),
    createdAt: new Date(job.createdAtMs).toISOString(),
    startedAt: toIso(job.startedAtMs),
    endedAt: toIso(job.endedAtMs),
    heldBecause,
    reason: heldBecause === null ? (job.failure ?? null) : holdWords[heldBecause],
    nodes: job.nodes,
  }
}

/** Running first, then the line, then what is held. */
function byService(one: JobAnswer, other: JobAnswer): number {
  const rank = ({ state, position }: JobAnswer): number => (state === 'running' ? -1 : (position ?? Infinity))
  const [a, b] = [rank(one), rank(other)]
  return a === b ? one.createdAt.localeCompare(other.createdAt) : a - b
}
