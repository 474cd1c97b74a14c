import { formatLosslessJson, isObject, JsonNumber, parseLosslessJson } from './losslessJson.ts'
import type { JsonObject, JsonValue } from './losslessJson.ts'
import { withoutSecrets } from './secretText.ts'
import { toStrictJson } from './strictJson.ts'

/*
 * The history in ComfyUI's shape: `{<id>: {prompt: [number, id, prompt, extra_data, outputs], outputs, status, meta}}`.
 * Entries travel as JSON text, so that numbers stay what they were.
 */

/** What the engine must not say about a job, because it knows one client only. */
export interface OwnPlace {
  readonly number: number
  readonly clientId: string | undefined
}

export type HistoryMessage = readonly [type: string, data: JsonObject]

/** The entry of one job in an answer of `GET /history/{id}`, as its person may see it; undefined when it is in none. */
export function takeEntry(answer: string, promptId: string, place: OwnPlace): string | undefined {
  const entry = findEntry(answer, promptId)
  if (entry === undefined) return undefined
  const prompt = entry.get('prompt')
  if (!Array.isArray(prompt) || prompt.length < 5) return undefined
  const [, , nodes = null, extraData = null, outputs = null] = prompt
  const own: JsonValue[] = [toNumber(place.number), promptId, nodes, ownExtraData(extraData, place), outputs]
  return formatLosslessJson(withoutSecrets(new Map([...entry, ['prompt', own]])))
}

/** A value of two bytes takes fifty times as much in memory. */
const MAX_ENTRY_VALUES = 1_000_000
const MAX_TEXT_LENGTH = 2_000

/**
 * The entry with at most so many bytes: without its workflow if that is enough, then without what is no file. The names
 * of files and how it ended stay as long as anything does.
 */
export function boundEntry(entry: string, maxBytes: number): string {
  const fits = (text: string): boolean => Buffer.byteLength(text) <= maxBytes
  if (fits(entry)) return entry
  const parsed = parseLosslessJson(entry)
  if (!isObject(parsed)) return '{}'
  const prompt = parsed.get('prompt')
  const [number = null, id = null, , extraData = null] = Array.isArray(prompt) ? prompt : []
  const clientId = isObject(extraData) ? extraData.get('client_id') : undefined
  const extra = new Map<string, JsonValue>(clientId === undefined ? [] : [['client_id', clientId]])
  const plain = new Map<string, JsonValue>([...parsed, ['prompt', [number, id, new Map(), extra, []]]])
  const withoutWorkflow = formatLosslessJson(plain)
  if (fits(withoutWorkflow)) return withoutWorkflow
  const status = withShortTexts(parsed.get('status') ?? null, 0)
  const files = filesOnly(parsed.get('outputs') ?? null)
  const small = formatLosslessJson(
    new Map<string, JsonValue>([...plain, ['status', status], ['outputs', files], ['meta', new Map()]]),
  )
  if (fits(small)) return small
  const bare = (some: JsonObject): string =>
    formatLosslessJson(
      new Map<string, JsonValue>([...plain, ['status', status], ['outputs', some], ['meta', new Map()]]),
    )
  return bare(firstFiles(files, maxBytes - Buffer.byteLength(bare(new Map()))))
}

/** As many names as fit: one that is left out is listed nowhere, and so is never cleared away. */
function firstFiles(outputs: JsonObject, maxBytes: number): JsonObject {
  const kept: JsonObject = new Map()
  let left = maxBytes
  for (const [id, node] of outputs) {
    const ofNode: JsonObject = new Map()
    left -= Buffer.byteLength(id) * 6 + 8
    if (left < 0) return kept
    kept.set(id, ofNode)
    for (const [kind, items] of isObject(node) ? node : []) {
      const some: JsonValue[] = []
      ofNode.set(kind, some)
      left -= Buffer.byteLength(JSON.stringify([id, kind])) + 8
      for (const item of left > 0 && Array.isArray(items) ? items : []) {
        const file = plainFile(item)
        left -= Buffer.byteLength(formatLosslessJson(file)) + 1
        if (left > 0) some.push(file)
      }
      if (left > 0) continue
      if (some.length === 0) ofNode.delete(kind)
      return kept
    }
  }
  return kept
}

const plainFile = (item: JsonValue): JsonObject =>
  new Map([...(isObject(item) ? item : [])].filter(([name]) => ['filename', 'subfolder', 'type'].includes(name)))

/** Long texts cut, deep and long lists left out: what happened, without what it happened with. */
function withShortTexts(value: JsonValue, depth: number): JsonValue {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT_LENGTH)
  if (Array.isArray(value)) return depth > 3 ? [] : value.slice(0, 100).map((item) => withShortTexts(item, depth + 1))
  if (!isObject(value)) return value
  if (depth > 3) return new Map()
  return new Map([...value].slice(0, 100).map(([name, member]) => [name, withShortTexts(member, depth + 1)]))
}

function filesOnly(outputs: JsonValue): JsonObject {
  const isFile = (item: JsonValue): boolean => isObject(item) && typeof item.get('filename') === 'string'
  const ofNode = (node: JsonValue): JsonObject =>
    new Map(
      [...(isObject(node) ? node : [])].map(([kind, items]) => [
        kind,
        Array.isArray(items) ? items.filter(isFile) : [],
      ]),
    )
  return new Map([...(isObject(outputs) ? outputs : [])].map(([id, node]) => [id, ofNode(node)]))
}

/** Whether an entry says that the job went well. */
export function isSuccess(entry: string): boolean {
  const parsed = parseLosslessJson(entry)
  const status = isObject(parsed) ? parsed.get('status') : undefined
  return isObject(status) && status.get('status_str') === 'success'
}

function findEntry(answer: string, promptId: string): JsonObject | undefined {
  try {
    const parsed = parseLosslessJson(toStrictJson(answer), MAX_ENTRY_VALUES)
    const entry = isObject(parsed) ? parsed.get(promptId) : undefined
    return isObject(entry) ? entry : undefined
  } catch {
    // Nested too deep, too many values, half a character in a name: the events that were seen say what happened.
    return undefined
  }
}

function ownExtraData(extraData: JsonValue, { clientId }: OwnPlace): JsonObject {
  const own = new Map(isObject(extraData) ? extraData : [])
  own.delete('gatehouse_user')
  own.delete('client_id')
  if (clientId !== undefined) own.set('client_id', clientId)
  return own
}

export const toNumber = (value: number): JsonNumber => new JsonNumber(String(value))

/** The texts of a job that are known without the engine. */
export interface JobTexts {
  readonly promptId: string
  readonly place: OwnPlace
  readonly prompt: string
  readonly extraData: string
  readonly outputs: string
}

/**
 * One item of `GET /queue`, also the first member of a history entry. The texts are joined, not read: they may be ten
 * megabytes each. They are the gate's own, with nothing of the engine's in `extra_data`.
 */
export function formatQueueItem({ promptId, place, prompt, extraData, outputs }: JobTexts): string {
  const own = place.clientId === undefined ? '' : `"client_id":${JSON.stringify(place.clientId)}`
  const comma = own !== '' && extraData !== '{}' ? ',' : ''
  const extra = `${extraData.slice(0, -1)}${comma}${own}}`
  return `[${String(place.number)},${JSON.stringify(promptId)},${prompt},${extra},${outputs}]`
}

/** An entry made of the events that were seen, for when the engine's own cannot be had. */
export function formatEntry(
  job: JobTexts,
  succeeded: boolean,
  messages: readonly HistoryMessage[],
  outputs: JsonObject,
): string {
  const status: JsonObject = new Map<string, JsonValue>([
    ['status_str', succeeded ? 'success' : 'error'],
    ['completed', succeeded],
    ['messages', messages.map(([type, data]) => [type, data])],
  ])
  const rest = formatLosslessJson(withoutSecrets(status))
  const shown = formatLosslessJson(withoutSecrets(outputs))
  return `{"prompt":${formatQueueItem(job)},"outputs":${shown},"status":${rest},"meta":{}}`
}
