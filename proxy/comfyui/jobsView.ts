import { formatLosslessJson, isObject, JsonNumber, parseLosslessJson } from './losslessJson.ts'
import type { JsonObject, JsonValue } from './losslessJson.ts'
import { withoutSecrets } from './secretText.ts'

/*
 * `/api/jobs` of ComfyUI's 2026 versions: queue and history in one list (comfy_execution/jobs.py). Members without a
 * value are left out, as there.
 */

export const jobStatuses = ['pending', 'in_progress', 'completed', 'failed', 'cancelled'] as const

const MEDIA = new Set(['images', 'video', 'audio', '3d', 'text'])
const MODEL_FILE = /\.(?:obj|fbx|gltf|glb|usdz)$/i
const TEXT_FILE = /\.(?:txt|md|json)$/i
const TEXT_PREVIEW_LENGTH = 1024
const ENDS = new Set(['execution_success', 'execution_error', 'execution_interrupted'])

/** What the list says of a job that is not over. */
export interface QueuedJob {
  readonly id: string
  readonly number: number
  readonly createdAtMs: number
  /** JSON text. */
  readonly workflowId: string | undefined
}

/** A job of the queue. */
export function toQueuedJob(job: QueuedJob, status: 'pending' | 'in_progress'): JsonObject {
  const { id, number, createdAtMs } = job
  return pruned([
    ['id', id],
    ['status', status],
    ['priority', new JsonNumber(String(number))],
    ['create_time', new JsonNumber(String(createdAtMs))],
    ['outputs_count', new JsonNumber('0')],
    ['previewable_outputs_count', new JsonNumber('0')],
    ['workflow_id', job.workflowId === undefined ? undefined : parseLosslessJson(job.workflowId)],
  ])
}

const MAX_WORKFLOW_ID_LENGTH = 256

/** The id of the canvas that made a workflow, as JSON text; undefined when there is none of use. */
export function findWorkflowId(extraData: JsonObject): string | undefined {
  const id = workflowId(extraData)
  if (id === undefined || id === null || Array.isArray(id) || isObject(id)) return undefined
  const text = formatLosslessJson(withoutSecrets(id))
  return text.length > MAX_WORKFLOW_ID_LENGTH ? undefined : text
}

/** The short form with at most so many bytes. */
export function formatShort(job: JsonObject, maxBytes: number): string {
  const text = formatLosslessJson(job)
  if (Buffer.byteLength(text) <= maxBytes) return text
  const small = new Map(job)
  for (const name of ['execution_error', 'preview_output', 'workflow_id']) small.delete(name)
  return formatLosslessJson(small)
}

/** A job of the history. `whole`: with outputs, status and workflow, as for one job. */
export function toEndedJob(id: string, entry: JsonObject, whole: boolean, createdAtMs?: number): JsonObject {
  const prompt = entry.get('prompt')
  const [number = null, , nodes = null, extraData = null] = Array.isArray(prompt) ? prompt : []
  const status = entry.get('status') ?? null
  const events = readEvents(status)
  const outputs = entry.get('outputs') ?? new Map()
  const found = findOutputs(outputs)
  const error = events.get('execution_error')
  const start = events.get('execution_start')?.get('timestamp')
  const known = createdAtMs === undefined ? undefined : new JsonNumber(String(createdAtMs))
  const isError = isObject(status) && status.get('status_str') === 'error'
  const job = pruned([
    ['id', id],
    ['status', isError ? (events.has('execution_interrupted') ? 'cancelled' : 'failed') : 'completed'],
    ['priority', number],
    ['create_time', createTime(extraData) ?? known ?? start],
    ['execution_start_time', start],
    ['execution_end_time', [...events].find(([type]) => ENDS.has(type))?.[1].get('timestamp')],
    ['execution_error', error],
    ['completion_status', isError ? undefined : 'success'],
    ['has_errors', error !== undefined],
    ['execution_error_count', new JsonNumber(error === undefined ? '0' : '1')],
    ['outputs_count', new JsonNumber(String(found.count))],
    ['previewable_outputs_count', new JsonNumber(String(found.previewable))],
    ['preview_output', found.preview],
    ['workflow_id', workflowId(extraData)],
  ])
  if (!whole) return job
  job.set('outputs', outputs)
  job.set('execution_status', status)
  job.set('execution_errors', [])
  const workflow: [string, JsonValue][] = [
    ['prompt', nodes],
    ['extra_data', extraData],
  ]
  return job.set('workflow', new Map(workflow))
}

function pruned(members: readonly (readonly [string, JsonValue | undefined])[]): JsonObject {
  return new Map(members.flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, value]])))
}

function createTime(extraData: JsonValue): JsonValue | undefined {
  const time = isObject(extraData) ? extraData.get('create_time') : undefined
  return time instanceof JsonNumber ? time : undefined
}

function workflowId(extraData: JsonValue): JsonValue | undefined {
  const info = isObject(extraData) ? extraData.get('extra_pnginfo') : undefined
  const workflow = isObject(info) ? info.get('workflow') : undefined
  return isObject(workflow) ? workflow.get('id') : undefined
}

function readEvents(status: JsonValue): Map<string, JsonObject> {
  const events = new Map<string, JsonObject>()
  const messages = isObject(status) ? status.get('messages') : undefined
  if (!Array.isArray(messages)) return events
  for (const message of messages) {
    const [type, data] = Array.isArray(message) ? message : []
    if (typeof type === 'string' && isObject(data)) events.set(type, data)
  }
  return events
}

interface Outputs {
  count: number
  previewable: number
  preview: JsonObject | undefined
}

/** What was made, and what to show of it: a saved picture first, then another one, a text file, a text. */
function findOutputs(outputs: JsonValue): Outputs {
  const found: Outputs = { count: 0, previewable: 0, preview: undefined }
  const best: (JsonObject | undefined)[] = [undefined, undefined, undefined, undefined]
  for (const [nodeId, node] of isObject(outputs) ? outputs : []) {
    for (const [media, items] of isObject(node) ? node : []) {
      if (media === 'animated' || !Array.isArray(items)) continue
      for (const item of items) addOutput(found, best, nodeId, media, item)
    }
  }
  found.preview = best.find((preview) => preview !== undefined)
  return found
}

function addOutput(
  found: Outputs,
  best: (JsonObject | undefined)[],
  nodeId: string,
  media: string,
  item: JsonValue,
): void {
  if (typeof item === 'string' && !MODEL_FILE.test(item)) {
    if (media === 'text') best[3] ??= textPreview(item, nodeId)
    return
  }
  const file = typeof item === 'string' ? modelFile(item) : item
  if (!isObject(file)) return
  found.count += 1
  const name = file.get('filename')
  const isText = media === 'text' || (typeof name === 'string' && TEXT_FILE.test(name))
  if (!isText && !isPreviewable(media, file)) return
  found.previewable += 1
  const rank = isText ? 2 : file.get('type') === 'output' ? 0 : 1
  best[rank] ??= new Map<string, JsonValue>([['mediaType', media], ...file, ['nodeId', nodeId]])
}

function isPreviewable(media: string, file: JsonObject): boolean {
  const [format, name] = [file.get('format'), file.get('filename')]
  if (MEDIA.has(media) || (typeof format === 'string' && /^(?:video|audio)\//.test(format))) return true
  return typeof name === 'string' && MODEL_FILE.test(name)
}

function modelFile(name: string): JsonObject {
  return new Map<string, JsonValue>([
    ['filename', name],
    ['type', 'output'],
    ['subfolder', ''],
    ['mediaType', '3d'],
  ])
}

function textPreview(text: string, nodeId: string): JsonObject {
  const isLong = text.length > TEXT_PREVIEW_LENGTH
  const preview: JsonObject = new Map<string, JsonValue>([['content', text.slice(0, TEXT_PREVIEW_LENGTH)]])
  if (isLong) preview.set('truncated', true)
  return preview.set('nodeId', nodeId).set('mediaType', 'text')
}
