import { formatLosslessJson, isObject, JsonNumber, parseLosslessJson } from './losslessJson.ts'
import type { JsonObject, JsonValue } from './losslessJson.ts'
import { withoutSecrets } from './secretText.ts'

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

/** Python writes these, and they are no JSON (json.dumps, allow_nan). Texts are matched first, so that they stay. */
const WORDS = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g

/** The text as JSON knows it, when Python wrote it. */
export const toStrictJson = (text: string): string =>
  text.replace(WORDS, (word) => (word.startsWith('"') ? word : 'null'))

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

/** Whether an entry says that the job went well. */
export function isSuccess(entry: string): boolean {
  const parsed = parseLosslessJson(entry)
  const status = isObject(parsed) ? parsed.get('status') : undefined
  return isObject(status) && status.get('status_str') === 'success'
}

function findEntry(answer: string, promptId: string): JsonObject | undefined {
  try {
    const parsed = parseLosslessJson(toStrictJson(answer))
    const entry = isObject(parsed) ? parsed.get(promptId) : undefined
    return isObject(entry) ? entry : undefined
  } catch {
    // Nested too deep, half a character in a name: the events that were seen say what happened.
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

/** One item of `GET /queue`, also the first member of a history entry. */
export function formatQueueItem({ promptId, place, prompt, extraData, outputs }: JobTexts): string {
  const extra = parseLosslessJson(extraData)
  const own = formatLosslessJson(ownExtraData(extra, place))
  return `[${String(place.number)},${JSON.stringify(promptId)},${prompt},${own},${outputs}]`
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

export function formatHistory(entries: readonly { readonly id: string; readonly entry: string }[]): string {
  return `{${entries.map(({ id, entry }) => `${JSON.stringify(id)}:${entry}`).join(',')}}`
}

export function formatQueue(running: readonly JobTexts[], pending: readonly JobTexts[]): string {
  const items = (jobs: readonly JobTexts[]): string => jobs.map(formatQueueItem).join(',')
  return `{"queue_running":[${items(running)}],"queue_pending":[${items(pending)}]}`
}
