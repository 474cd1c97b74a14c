import { formatLosslessJson, isObject, parseLosslessJson } from './losslessJson.ts'
import type { JsonValue } from './losslessJson.ts'

/** What the engine has, out of an answer of `GET /queue`. */
export interface QueueIds {
  readonly running: ReadonlySet<string>
  readonly pending: ReadonlySet<string>
  /** JSON text of the outputs that will be executed, by prompt. */
  readonly outputs: ReadonlyMap<string, string>
}

/** @throws GateError BAD_REQUEST when it is no such answer */
export function parseEngineQueue(body: Buffer): QueueIds | undefined {
  const answer = parseLosslessJson(body.toString('utf8'))
  if (!isObject(answer)) return undefined
  const running = readItems(answer.get('queue_running'))
  const pending = readItems(answer.get('queue_pending'))
  if (running === undefined || pending === undefined) return undefined
  return {
    running: new Set(running.keys()),
    pending: new Set(pending.keys()),
    outputs: new Map([...running, ...pending]),
  }
}

function readItems(items: JsonValue | undefined): Map<string, string> | undefined {
  if (!Array.isArray(items)) return undefined
  const found = new Map<string, string>()
  for (const item of items) {
    const [, promptId, , , outputs = []] = Array.isArray(item) ? item : []
    if (typeof promptId !== 'string') return undefined
    found.set(promptId, formatLosslessJson(outputs))
  }
  return found
}

/** What ComfyUI says about a prompt that it refuses, in one line. */
export function describePromptError(body: Buffer): string {
  try {
    const answer = parseLosslessJson(body.toString('utf8'))
    const error = isObject(answer) ? answer.get('error') : undefined
    const nodeErrors = isObject(answer) ? answer.get('node_errors') : undefined
    const lines = [messageOf(error), ...(isObject(nodeErrors) ? [...nodeErrors].flatMap(describeNode) : [])]
    const text = lines.filter((line) => line !== '').join(' · ')
    if (text !== '') return text.slice(0, 500)
  } catch {
    // Not JSON: ComfyUI's own fault, told below.
  }
  return 'ComfyUI could not read this workflow.'
}

function messageOf(error: JsonValue | undefined): string {
  if (!isObject(error)) return ''
  const [message, details] = [error.get('message'), error.get('details')]
  const text = typeof message === 'string' ? message : ''
  return typeof details === 'string' && details !== '' ? `${text}: ${details}` : text
}

function describeNode([id, node]: [string, JsonValue]): string[] {
  const errors = isObject(node) ? node.get('errors') : undefined
  return Array.isArray(errors) ? errors.map((error) => `#${id} ${messageOf(error)}`) : []
}
