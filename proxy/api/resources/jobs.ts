import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { AuditEventName } from '../../contract/audit.ts'
import { GateError } from '../../contract/errorCodes.ts'
import {
  canRelease,
  changeJobSchema,
  holdWords,
  jobSchema,
  jobUseSchema,
  listedStates,
  pauseQueueSchema,
  queueStateSchema,
} from '../../contract/jobs.ts'
import type { Job } from '../../jobs/job.ts'
import type { NewPlace } from '../../jobs/lineMoves.ts'
import type { Principal } from '../../pipeline/requestContext.ts'
import { mayAdminister } from '../../policy/rights.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { JobLists } from '../jobLists.ts'
import { seesJob } from '../ownJob.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister, requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const params = z.object({ id: z.uuid() })

const listQuery = pageQuerySchema.extend({
  /** Left out: all that are not over. */
  state: z.enum(listedStates).optional(),
  cursor: z.string().max(64).optional(),
})

const listRoute = createRoute({
  method: 'get',
  path: '/jobs',
  summary: 'Jobs that wait or run, or that ended: everybody’s for who administers, otherwise one’s own',
  request: { query: listQuery },
  responses: {
    200: jsonAnswer(pageSchema(jobSchema), 'Jobs, in the order in which they are served; ended ones newest first'),
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
  summary: 'Whether jobs run, and how many there are: of everybody for who administers, otherwise of oneself',
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
  summary: 'Hold, release or move a job that waits; people move theirs among their own',
  request: { params, body: jsonBody(changeJobSchema) },
  responses: { 200: jsonAnswer(jobSchema, 'The job'), ...commonRefusals },
})

const readRoute = createRoute({
  method: 'get',
  path: '/jobs/{id}',
  summary: 'One job, also when it is over',
  request: { params },
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
export function createJobsResource(dependencies: OwnApplicationDependencies) {
  const { stores, jobs } = dependencies
  const lists = new JobLists(dependencies)
  const getJob = (principal: Principal, id: string): Job => {
    const job = jobs.find(id)
    if (job !== undefined && seesJob(principal, job)) return job
    throw new GateError('NOT_FOUND', 'There is no such job, or it is over.')
  }
  /** In everybody's line, or among the person's own. */
  const moveJob = async (job: Job, place: NewPlace | undefined, ownPlace: NewPlace | undefined): Promise<void> => {
    if (place !== undefined) checkDone(await jobs.move(job, place))
    if (ownPlace !== undefined) checkDone(await jobs.moveAmongOwn(job, ownPlace))
  }
  const record = (principal: Principal, address: string, event: AuditEventName, job?: Job): void => {
    const details = job === undefined ? {} : { job: job.id, of: job.accountId }
    stores.audit.record({ ...toActedBy(principal, address), event, details })
  }
  return createRouter()
    .openapi(listRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'jobs')
      const { state, ...page } = c.req.valid('query')
      if (state === 'ended') return c.json(await lists.readEnded(principal, page), 200)
      return c.json(toPage(await lists.read(principal, state ?? 'all'), page), 200)
    })
    .openapi(useRoute, async (c) => {
      const { accountId, baseRole } = requirePermission(c.env.context, 'jobs')
      return c.json(await jobs.describeUse({ accountId, role: baseRole }), 200)
    })
    .openapi(stateRoute, async (c) => {
      return c.json(await lists.describeQueue(requirePermission(c.env.context, 'jobs')), 200)
    })
    .openapi(pauseRoute, async (c) => {
      const { context } = c.env
      const principal = requireAdminister(context)
      const { paused, until } = c.req.valid('json')
      const untilMs = until === undefined ? null : Date.parse(until)
      await stores.settings.set('jobs.paused', paused ? { untilMs } : null)
      record(principal, context.clientAddress, paused ? 'jobs.paused' : 'jobs.resumed')
      return c.json(await lists.describeQueue(principal), 200)
    })
    .openapi(readRoute, async (c) => {
      const job = await lists.find(requirePermission(c.env.context, 'jobs'), c.req.valid('param').id)
      if (job === undefined) throw new GateError('NOT_FOUND', 'There is no such job.')
      return c.json(job, 200)
    })
    .openapi(changeRoute, async (c) => {
      const { context } = c.env
      const { held, place, ownPlace } = c.req.valid('json')
      const principal = place === undefined ? requirePermission(context, 'jobs') : requireAdminister(context)
      const job = getJob(principal, c.req.valid('param').id)
      if (held !== undefined) {
        checkDone(held ? await jobs.hold(job, holderOf(principal, job)) : await release(principal, job))
        record(principal, context.clientAddress, held ? 'job.held' : 'job.released', job)
      }
      if (place !== undefined || ownPlace !== undefined) {
        const { number } = job
        await moveJob(job, place, ownPlace)
        if (job.number !== number) record(principal, context.clientAddress, 'job.moved', job)
      }
      const [answer] = await lists.describe(principal, [job])
      if (answer === undefined) throw new GateError('NOT_FOUND', 'There is no such job, or it is over.')
      return c.json(answer, 200)
    })
    .openapi(cancelRoute, async (c) => {
      const { context } = c.env
      const principal = requirePermission(context, 'jobs')
      const job = getJob(principal, c.req.valid('param').id)
      if (!(await jobs.cancel(job))) await jobs.interrupt(job)
      record(principal, context.clientAddress, 'job.cancelled', job)
      return c.body(null, 204)
    })

  /** Once one can say oneself that the next job is another; after a second crash somebody else has to look. */
  async function releaseSuspect(principal: Principal, { accountId }: Job): Promise<void> {
    if (mayAdminister(principal)) return jobs.forgive(accountId)
    if (!jobs.isLocked(accountId)) return
    throw new GateError(
      'PERMISSION_DENIED',
      'Jobs of yours made ComfyUI crash twice within an hour. The owner of this computer can release this one.',
    )
  }

  async function release(principal: Principal, job: Job): Promise<boolean> {
    const { state, heldBecause } = job.status
    const reason = (state === 'waiting' ? jobs.roomHoldOf(job.accountId) : heldBecause) ?? null
    if (reason !== null && !canRelease(reason, mayAdminister(principal))) {
      throw new GateError('PERMISSION_DENIED', holdWords[reason])
    }
    if (reason === 'suspect') await releaseSuspect(principal, job)
    return jobs.release(job)
  }
}

const holderOf = (principal: Principal, job: Job): 'person' | 'owner' =>
  job.accountId === principal.accountId ? 'person' : 'owner'

function checkDone(done: boolean): void {
  if (!done) throw new GateError('NOT_FOUND', 'That job, or the one it goes before, has begun or is over.')
}
