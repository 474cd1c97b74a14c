import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'

const MAX_HISTORY = 10_000
const SECRETS = ['auth_token_comfy_org', 'api_key_comfy_org']

export interface QueueItem {
  readonly number: number
  readonly promptId: string
  /** Whose it is. */
  readonly userId: string
  readonly prompt: JsonObject
  readonly extraData: JsonObject
  readonly outputs: string[]
}

export interface RunResult {
  readonly succeeded: boolean
  readonly messages: [event: string, data: JsonObject][]
  readonly outputs: JsonObject
  readonly meta: JsonObject
}

/** ComfyUI's queue and history: lowest number first, equal numbers by prompt id. */
export class PromptQueue {
  readonly #onChange: () => void
  #pending: QueueItem[] = []
  #running: QueueItem | undefined
  readonly #history = new Map<string, JsonObject>()
  #wake: (() => void) | undefined

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get remaining(): number {
    return this.#pending.length + (this.#running ? 1 : 0)
  }

  get running(): QueueItem | undefined {
    return this.#running
  }

  /** @throws TypeError when a job with this number and id waits already: ComfyUI's worker would die of it */
  put(item: QueueItem): void {
    if (this.#pending.some((other) => other.number === item.number && other.promptId === item.promptId)) {
      throw new TypeError('a job with this number and id is waiting already')
    }
    const at = this.#pending.findIndex((other) => isBefore(item, other))
    this.#pending.splice(at === -1 ? this.#pending.length : at, 0, item)
    this.#onChange()
    this.#wake?.()
  }

  /** The next item, as soon as there is one; it counts as running from then on. */
  async take(): Promise<QueueItem> {
    for (;;) {
      const item = this.#pending.shift()
      if (item) {
        this.#running = item
        this.#onChange()
        return item
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  finish(item: QueueItem, result: RunResult): void {
    this.#running = undefined
    const oldest = this.#history.keys().next()
    if (this.#history.size > MAX_HISTORY && oldest.done !== true) this.#history.delete(oldest.value)
    this.#history.set(item.promptId, {
      prompt: toQueueJson({ ...item, extraData: withoutSecrets(item.extraData) }),
      outputs: result.outputs,
      status: {
        status_str: result.succeeded ? 'success' : 'error',
        completed: result.succeeded,
        messages: result.messages,
      },
      meta: result.meta,
    })
    this.#onChange()
  }

  clear(): void {
    this.#pending = []
    this.#onChange()
  }

  /** @returns whether it waited */
  remove(promptId: string): boolean {
    const at = this.#pending.findIndex((item) => item.promptId === promptId)
    if (at === -1) return false
    this.#pending.splice(at, 1)
    this.#onChange()
    return true
  }

  toJson(): JsonObject {
    return {
      queue_running: this.#running ? [toQueueJson(this.#running)] : [],
      queue_pending: this.#pending.map(toQueueJson),
    }
  }

  /** As toJson, without comfy.org tokens. */
  withoutSecrets(): { readonly running: JsonValue[]; readonly pending: JsonValue[] } {
    const toJson = (item: QueueItem): JsonValue => toQueueJson({ ...item, extraData: withoutSecrets(item.extraData) })
    return { running: (this.#running ? [this.#running] : []).map(toJson), pending: this.#pending.map(toJson) }
  }

  history(maxItems: number | undefined, offset: number | undefined): JsonObject {
    const all = Array.from(this.#history)
    const first =
      offset !== undefined && offset >= 0 ? offset : maxItems === undefined ? 0 : Math.max(0, all.length - maxItems)
    // ComfyUI counts after adding, so that 0 still gives one.
    const count = maxItems === undefined ? all.length : Math.max(1, maxItems)
    return Object.fromEntries(all.slice(first, first + count))
  }

  historyOf(promptId: string): JsonObject {
    const entry = this.#history.get(promptId)
    return entry ? { [promptId]: entry } : {}
  }

  clearHistory(): void {
    this.#history.clear()
  }

  removeHistory(promptId: string): void {
    this.#history.delete(promptId)
  }
}

function isBefore(item: QueueItem, other: QueueItem): boolean {
  return item.number < other.number || (item.number === other.number && item.promptId < other.promptId)
}

function toQueueJson(item: QueueItem): JsonValue {
  return [item.number, item.promptId, item.prompt, item.extraData, item.outputs]
}

function withoutSecrets(extraData: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(extraData).filter(([name]) => !SECRETS.includes(name)))
}

/** The extra_data of a body: its own object, with the client id where ComfyUI keeps it, and whose prompt it is. */
export function toExtraData(body: JsonObject, userId: string): JsonObject | undefined {
  const given = memberOf(body, 'extra_data') ?? {}
  if (!isJsonObject(given)) return undefined
  const clientId = memberOf(body, 'client_id')
  return { ...given, ...(clientId !== undefined && { client_id: clientId }), gatehouse_user: userId }
}
