import { z } from 'zod'
import { entryWithoutPaths } from '../comfyui/errorPaths.ts'
import { jobStatuses, toEndedJob, toQueuedJob } from '../comfyui/jobsView.ts'
import { formatLosslessJson, isObject, JsonNumber, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { answerJson, answerJsonText } from '../http/ownAnswer.ts'
import { parseQuery } from '../http/requestTarget.ts'
import type { JobQueue } from '../jobs/jobQueue.ts'
import { readTurnBody } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'
import { principalOf } from './promptAction.ts'

const MAX_BYTES = 1024 * 1024
const MAX_IDS = 1000

const listSchema = z.object({
  status: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim().toLowerCase()))
    .pipe(z.array(z.enum(jobStatuses)))
    .optional(),
  workflow_id: z.string().optional(),
  sort_by: z.enum(['created_at', 'execution_duration']).default('created_at'),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  limit: z.coerce.number().int().min(1).optional(),
  // ComfyUI takes a negative one for none.
  offset: z.coerce
    .number()
    .int()
    .transform((offset) => Math.max(0, offset))
    .default(0),
})
type ListQuery = z.infer<typeof listSchema>

const cancelSchema = z.object({ job_ids: z.array(z.uuid()).max(MAX_IDS) })

/** `/api/jobs*` of ComfyUI's 2026 versions: one's own jobs; others look as if they did not exist. */
export async function serveJobs(turn: Turn, services: TurnServices): Promise<void> {
  const { exchange, response } = turn
  const { accountId } = principalOf(turn)
  const { jobs } = services.dependencies
  const segments = exchange.target.segments.filter((segment, at) => at > 0 || segment !== 'api')
  switch (exchange.route.pattern) {
    case '/jobs/cancel': {
      const parsed = cancelSchema.safeParse(parseJson(await readTurnBody(turn, services, MAX_BYTES)))
      if (!parsed.success) answerJson(response, 400, { error: 'job_ids must be a list of job ids' })
      else answerJson(response, 200, { cancelled: await cancelAll(jobs, accountId, parsed.data.job_ids) })
      return
    }
    case '/jobs/{id}/cancel':
      answerJson(response, 200, { cancelled: await cancelAll(jobs, accountId, [segments[1] ?? '']) })
      return
    case '/jobs/{id}': {
      const job = await findJob(jobs, accountId, segments[1] ?? '')
      if (job === undefined) answerJson(response, 404, { error: 'Job not found' })
      else answerJsonText(response, 200, formatLosslessJson(job))
      return
    }
    default: {
      const parsed = listSchema.safeParse(Object.fromEntries(parseQuery(exchange.target.search)))
      if (!parsed.success) answerJson(response, 400, { error: parsed.error.issues[0]?.message ?? 'wrong query' })
      else answerJsonText(response, 200, formatPage(await readJobs(jobs, accountId), parsed.data))
    }
  }
}

/** Whether at least one of them was still to run, or ran. */
async function cancelAll(jobs: JobQueue, accountId: string, ids: readonly string[]): Promise<boolean> {
  let cancelled = false
  for (const id of ids) {
    const job = jobs.find(id)
    if (job?.accountId !== accountId) continue
    if (await jobs.cancel(job)) cancelled = true
    else if (job.status.state === 'running') {
      await jobs.interrupt(job)
      cancelled = true
    }
  }
  return cancelled
}

async function readJobs(jobs: JobQueue, accountId: string): Promise<JsonObject[]> {
  const ended = (await jobs.readSummaries(accountId)).map((text) => parseLosslessJson(text)).filter(isObject)
  return [...(await readQueued(jobs, accountId)), ...ended]
}

async function readQueued(jobs: JobQueue, accountId: string): Promise<JsonObject[]> {
  const { running, pending } = await jobs.listQueue(accountId)
  return [
    ...running.map((job) => toQueuedJob(job, 'in_progress')),
    ...pending.map((job) => toQueuedJob(job, 'pending')),
  ]
}

async function findJob(jobs: JobQueue, accountId: string, id: string): Promise<JsonObject | undefined> {
  const queued = (await readQueued(jobs, accountId)).find((job) => job.get('id') === id)
  if (queued !== undefined) return queued
  const entry = await jobs.findHistory(accountId, id)
  return entry === undefined ? undefined : toWhole(id, entry)
}

function toWhole(id: string, entry: string): JsonObject | undefined {
  // One answer for everybody: the owner finds the rest in the log.
  const parsed = parseLosslessJson(entryWithoutPaths(entry))
  return isObject(parsed) ? toEndedJob(id, parsed, true) : undefined
}

function formatPage(all: readonly JsonObject[], query: ListQuery): string {
  const { status, workflow_id, offset, limit } = query
  const fits = (job: JsonObject): boolean =>
    (status === undefined || status.some((name) => name === job.get('status'))) &&
    (workflow_id === undefined || job.get('workflow_id') === workflow_id)
  const direction = query.sort_order === 'asc' ? 1 : -1
  const key = query.sort_by === 'created_at' ? createdAt : duration
  const found = all.filter(fits).sort((one, other) => direction * (key(one) - key(other)))
  const jobs = found.slice(offset, limit === undefined ? undefined : offset + limit)
  const number = (value: number): JsonNumber => new JsonNumber(String(value))
  const pagination: [string, JsonValue][] = [
    ['offset', number(offset)],
    ['limit', limit === undefined ? null : number(limit)],
    ['total', number(found.length)],
    ['has_more', offset + jobs.length < found.length],
  ]
  const page: [string, JsonValue][] = [
    ['jobs', jobs],
    ['pagination', new Map(pagination)],
  ]
  return formatLosslessJson(new Map(page))
}

const numberOf = (value: JsonValue | undefined): number => (value instanceof JsonNumber ? Number(value.text) : 0)
const createdAt = (job: JsonObject): number => numberOf(job.get('create_time'))
function duration(job: JsonObject): number {
  const [start, end] = [numberOf(job.get('execution_start_time')), numberOf(job.get('execution_end_time'))]
  return start > 0 && end > 0 ? end - start : 0
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // Refused like any other wrong body.
    return undefined
  }
}
