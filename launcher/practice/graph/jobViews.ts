import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'

/** The states of a job, as ComfyUI's 2026 versions name them (comfy_execution/jobs.py). */
export const jobStatuses = ['pending', 'in_progress', 'completed', 'failed', 'cancelled'] as const

const ENDINGS = ['execution_success', 'execution_error', 'execution_interrupted']
const SHOWN = ['images', 'video', 'audio', '3d', 'text']
const TEXT_LENGTH = 1024

/** A job that waits or runs, from its entry in `GET /queue`. @param isWhole with its workflow, as for one job */
export function describeQueuedJob(item: JsonValue, status: 'pending' | 'in_progress', isWhole: boolean): JsonObject {
  const job: JsonObject = { ...describeItem(item), status, outputs_count: 0, previewable_outputs_count: 0 }
  return isWhole ? { ...job, workflow: workflowOf(item) } : job
}

/** A job that ended, from its entry in `GET /history`. @param isWhole with outputs, status and workflow */
export function describeEndedJob(entry: JsonObject, isWhole: boolean): JsonObject {
  const item = memberOf(entry, 'prompt') ?? []
  const status = memberOf(entry, 'status') ?? null
  const outputs = memberOf(entry, 'outputs') ?? {}
  const events = readEvents(status)
  const hasFailed = isJsonObject(status) && memberOf(status, 'status_str') === 'error'
  const failure = events.has('execution_interrupted') ? 'cancelled' : 'failed'
  const ending = ENDINGS.map((name) => events.get(name)).find((event) => event !== undefined)
  const job = withoutGaps({
    ...describeItem(item),
    status: hasFailed ? failure : 'completed',
    execution_start_time: timestampOf(events.get('execution_start')),
    execution_end_time: timestampOf(ending),
    execution_error: events.get('execution_error') ?? null,
    ...summarise(outputs),
  })
  return isWhole ? { ...job, outputs, execution_status: status, workflow: workflowOf(item) } : job
}

/** The newest first, or as asked. */
export function sortJobs(jobs: readonly JsonObject[], by: string, order: string): JsonObject[] {
  const keyOf = (job: JsonObject): number => {
    if (by !== 'execution_duration') return numberOf(job, 'create_time')
    return numberOf(job, 'execution_end_time') - numberOf(job, 'execution_start_time')
  }
  const direction = order === 'asc' ? 1 : -1
  return [...jobs].sort((a, b) => direction * (keyOf(a) - keyOf(b)))
}

function describeItem(item: JsonValue): JsonObject {
  const [number = null, id = null, , extraData = null] = Array.isArray(item) ? item : []
  const extra = isJsonObject(extraData) ? extraData : {}
  const info = memberOf(extra, 'extra_pnginfo') ?? null
  const workflow = isJsonObject(info) ? (memberOf(info, 'workflow') ?? null) : null
  const workflowId = isJsonObject(workflow) ? (memberOf(workflow, 'id') ?? null) : null
  return withoutGaps({
    id,
    priority: number,
    create_time: memberOf(extra, 'create_time') ?? null,
    workflow_id: workflowId,
  })
}

function workflowOf(item: JsonValue): JsonObject {
  const [, , prompt = null, extraData = null] = Array.isArray(item) ? item : []
  return { prompt, extra_data: extraData }
}

/** ComfyUI leaves out what has no value. */
function withoutGaps(job: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== null))
}

function readEvents(status: JsonValue): Map<string, JsonObject> {
  const messages = isJsonObject(status) ? memberOf(status, 'messages') : undefined
  const pairs = (Array.isArray(messages) ? messages : []).map((message) => (Array.isArray(message) ? message : []))
  return new Map(
    pairs.flatMap(([name, data = null]): [string, JsonObject][] =>
      typeof name === 'string' && isJsonObject(data) ? [[name, data]] : [],
    ),
  )
}

function timestampOf(event: JsonObject | undefined): JsonValue {
  return event === undefined ? null : (memberOf(event, 'timestamp') ?? null)
}

function numberOf(job: JsonObject, name: string): number {
  const value = memberOf(job, name)
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : 0
}

interface FoundOutput {
  readonly rank: number
  readonly preview: JsonObject
  readonly isFile: boolean
}

/** How many outputs there are, and the one to show: a saved file before a temporary one, both before a text. */
function summarise(outputs: JsonValue): JsonObject {
  const found = Object.entries(isJsonObject(outputs) ? outputs : {}).flatMap(([nodeId, kinds]) =>
    Object.entries(isJsonObject(kinds) ? kinds : {}).flatMap(([kind, items]) =>
      (Array.isArray(items) && kind !== 'animated' ? items : []).flatMap((item) => describeOutput(item, kind, nodeId)),
    ),
  )
  const count = found.filter(({ isFile }) => isFile).length
  const [best] = [...found].sort((a, b) => a.rank - b.rank)
  return { outputs_count: count, previewable_outputs_count: count, preview_output: best?.preview ?? null }
}

function describeOutput(item: JsonValue, kind: string, nodeId: string): FoundOutput[] {
  if (isJsonObject(item) && SHOWN.includes(kind)) {
    const rank = memberOf(item, 'type') === 'output' ? 0 : 1
    return [{ rank, isFile: true, preview: { mediaType: kind, ...item, nodeId } }]
  }
  if (kind !== 'text' || typeof item !== 'string') return []
  const isLong = item.length > TEXT_LENGTH
  const content = { content: item.slice(0, TEXT_LENGTH), ...(isLong && { truncated: true }) }
  return [{ rank: 2, isFile: false, preview: { ...content, nodeId, mediaType: kind } }]
}
