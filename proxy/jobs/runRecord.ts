import type { HistoryMessage } from '../comfyui/historyViews.ts'
import { isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { RECORD_BYTES } from './jobBounds.ts'

/** Events that ComfyUI keeps in the history (execution.py 0.3.64, add_message). */
const KEPT = new Set([
  'execution_start',
  'execution_cached',
  'execution_success',
  'execution_error',
  'execution_interrupted',
])

/** In words: somebody stopped it. */
export const STOPPED = 'It was stopped.'
/** Longer words of the engine are cut here. */
export const MAX_FAILURE_LENGTH = 500

/** What a run has said so far: enough for its history when the engine goes away before it was asked. */
export class RunRecord {
  readonly messages: HistoryMessage[] = []
  readonly outputs: JsonObject = new Map<string, JsonValue>()
  #bytesLeft = RECORD_BYTES

  static keeps(type: string): boolean {
    return KEPT.has(type) || type === 'executed'
  }

  /** `bytes`: of the event as it came. What is too much is kept by what counts, or not at all. */
  add(type: string, data: JsonObject, bytes = 0): void {
    this.#bytesLeft -= bytes
    const fits = this.#bytesLeft >= 0
    if (KEPT.has(type)) this.messages.push([type, fits ? data : withoutValues(data)])
    if (type !== 'executed' || !fits) return
    const node = data.get('node')
    const output = data.get('output')
    if (typeof node === 'string' && isObject(output)) this.outputs.set(node, output)
  }

  /** Why it failed, in the words of the engine; undefined when it did not say. */
  get failure(): string | undefined {
    for (const [type, data] of this.messages) {
      if (type === 'execution_interrupted') return STOPPED
      const message = type === 'execution_error' ? data.get('exception_message') : undefined
      if (typeof message === 'string') return message.trim().slice(0, MAX_FAILURE_LENGTH)
    }
    return undefined
  }
}

const MAX_EVENT_VALUES = 200_000
const TOLD = ['prompt_id', 'timestamp', 'node_id', 'node_type', 'exception_type', 'exception_message']

function withoutValues(data: JsonObject): JsonObject {
  const kept = TOLD.flatMap((name): [string, JsonValue][] => {
    const value = data.get(name)
    if (value === undefined || Array.isArray(value) || isObject(value)) return []
    return [[name, typeof value === 'string' ? value.slice(0, MAX_FAILURE_LENGTH) : value]]
  })
  return new Map(kept)
}

/** The data of an event; undefined for what is no message. Every number stays the text it was. */
export function readEventData(bytes: Buffer): JsonObject | undefined {
  try {
    const message = parseLosslessJson(bytes.toString('utf8'), MAX_EVENT_VALUES)
    const data = isObject(message) ? message.get('data') : undefined
    return isObject(data) ? data : undefined
  } catch {
    // NaN in somebody's node, or more than anybody reads: the engine's own history will say.
    return undefined
  }
}
