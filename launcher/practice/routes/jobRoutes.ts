import type { EngineContext } from '../engineContext.ts'
import { describeEndedJob, describeQueuedJob, jobStatuses, sortJobs } from '../graph/jobViews.ts'
import type { EngineRequest } from '../http/engineRequest.ts'
import type { Router } from '../http/router.ts'
import { refusal } from '../http/userCheck.ts'
import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The jobs of everybody, as ComfyUI's 2026 versions list them (server.py). Their routes carry `/api` in the pattern
 * and get ComfyUI's twin besides, so each exists as `/api/jobs` and as `/api/api/jobs`.
 */
export function addJobRoutes(router: Router, context: EngineContext): void {
  router.add('GET', '/api/jobs', (request) => listJobs(request, context))
  router.add('POST', '/api/jobs/cancel', (request) => cancelMany(request, context))
  router.add('GET', '/api/jobs/{id}', (request) => {
    const [job] = allJobs(context, true).filter((found) => memberOf(found, 'id') === request.param('id'))
    if (job === undefined) throw refusal(404, { error: 'Job not found' })
    request.sendJson(job)
  })
  router.add('POST', '/api/jobs/{id}/cancel', (request) =>
    request.sendJson({ cancelled: cancel(context, request.param('id')) }),
  )
}

function allJobs({ queue }: EngineContext, isWhole: boolean): JsonObject[] {
  const { running, pending } = queue.withoutSecrets()
  return [
    ...running.map((item) => describeQueuedJob(item, 'in_progress', isWhole)),
    ...pending.map((item) => describeQueuedJob(item, 'pending', isWhole)),
    ...Object.values(queue.history(undefined, undefined)).flatMap((entry) =>
      isJsonObject(entry) ? [describeEndedJob(entry, isWhole)] : [],
    ),
  ]
}

function listJobs(request: EngineRequest, context: EngineContext): void {
  const { query } = request
  const statuses = readStatuses(query.get('status'))
  const by = readChoice(query, 'sort_by', ['created_at', 'execution_duration'])
  const order = readChoice(query, 'sort_order', ['desc', 'asc'])
  const limit = readInteger(query, 'limit')
  if (limit !== undefined && limit <= 0) throw refusal(400, { error: 'limit must be a positive integer' })
  const offset = Math.max(0, readInteger(query, 'offset') ?? 0)
  const workflowId = query.get('workflow_id') ?? ''
  const wanted = allJobs(context, false).filter(
    (job) =>
      (statuses === undefined || statuses.some((status) => status === memberOf(job, 'status'))) &&
      (workflowId === '' || memberOf(job, 'workflow_id') === workflowId),
  )
  const jobs = sortJobs(wanted, by, order).slice(offset, limit === undefined ? undefined : offset + limit)
  const total = wanted.length
  const pagination = { offset, limit: limit ?? null, total, has_more: offset + jobs.length < total }
  request.sendJson({ jobs, pagination })
}

function readStatuses(text: string | null): readonly string[] | undefined {
  const wanted = (text ?? '')
    .split(',')
    .map((status) => status.trim().toLowerCase())
    .filter((status) => status !== '')
  const wrong = wanted.filter((status) => !jobStatuses.some((known) => known === status))
  if (wrong.length > 0) {
    const valid = jobStatuses.join(', ')
    throw refusal(400, { error: `Invalid status value(s): ${wrong.join(', ')}. Valid values: ${valid}` })
  }
  return text === null || text === '' ? undefined : wanted
}

/** The first choice is the one that counts when nothing is asked for. */
function readChoice(query: URLSearchParams, name: string, choices: readonly [string, string]): string {
  const wanted = (query.get(name) ?? choices[0]).toLowerCase()
  if (!choices.includes(wanted)) throw refusal(400, { error: `${name} must be '${choices[0]}' or '${choices[1]}'` })
  return wanted
}

function readInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^\s*[+-]?\d{1,15}\s*$/.test(text)) throw refusal(400, { error: `${name} must be an integer` })
  return Number(text)
}

async function cancelMany(request: EngineRequest, context: EngineContext): Promise<void> {
  const ids = await readIds(request)
  const valid = ids.flatMap((id) => (typeof id === 'string' && UUID.test(id) ? [id] : []))
  const invalid = ids.filter((id) => typeof id !== 'string' || !UUID.test(id))
  if (invalid.length > 0) throw refusal(400, { error: 'job_ids contains invalid id(s)', invalid_ids: invalid })
  const cancelled = valid.map((id) => cancel(context, id))
  request.sendJson({ cancelled: cancelled.includes(true) })
}

async function readIds(request: EngineRequest): Promise<JsonValue[]> {
  const body = await request.readJson().catch((error: unknown) => {
    if (error instanceof SyntaxError) throw refusal(400, { error: 'Request body must be valid JSON' })
    throw error
  })
  const ids = isJsonObject(body) ? memberOf(body, 'job_ids') : undefined
  if (!Array.isArray(ids)) throw refusal(400, { error: 'job_ids must be a list' })
  return ids
}

/** @returns whether the job ran or waited */
function cancel({ queue, interruption }: EngineContext, id: string): boolean {
  if (queue.running?.promptId === id) {
    interruption.request()
    return true
  }
  return queue.remove(id)
}
