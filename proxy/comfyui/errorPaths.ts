import { hidePaths } from '../core/hidePaths.ts'
import { formatLosslessJson, isObject, parseLosslessJson } from './losslessJson.ts'
import type { JsonObject, JsonValue } from './losslessJson.ts'

/** The data of an `execution_error` as people see it who do not look after this computer. */
export function withoutPaths(data: JsonObject): JsonObject {
  const shown = new Map(data)
  const message = shown.get('exception_message')
  if (typeof message === 'string') shown.set('exception_message', hidePaths(message))
  if (shown.has('traceback')) shown.set('traceback', [])
  const inputs = shown.get('current_inputs')
  if (inputs !== undefined) shown.set('current_inputs', hideDeep(inputs))
  return shown
}

function hideDeep(value: JsonValue): JsonValue {
  if (typeof value === 'string') return hidePaths(value)
  if (Array.isArray(value)) return value.map(hideDeep)
  if (!isObject(value)) return value
  return new Map([...value].map(([name, member]) => [name, hideDeep(member)]))
}

/**
 * What ComfyUI's validation says of a prompt, as such people see it: where a check itself failed it names files and gives
 * a traceback. In every other error a path is one that the workflow brought.
 */
export function validationWithoutPaths(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(validationWithoutPaths)
  if (!isObject(value)) return value
  const type = value.get('type')
  if (typeof type === 'string' && type.startsWith('exception_during_')) {
    const info = value.get('extra_info')
    const shown = isObject(info) && info.has('traceback') ? new Map([...info, ['traceback', []] as const]) : info
    return hideDeep(shown === undefined ? value : new Map([...value, ['extra_info', shown] as const]))
  }
  return new Map([...value].map(([name, member]) => [name, validationWithoutPaths(member)]))
}

/** The same for a message of the socket. What cannot be read is told without its details. */
export function errorWithoutPaths(bytes: Buffer, promptId: string): Buffer {
  try {
    const message = parseLosslessJson(bytes.toString('utf8'))
    const data = isObject(message) ? message.get('data') : undefined
    if (isObject(message) && isObject(data)) {
      return Buffer.from(formatLosslessJson(new Map([...message, ['data', withoutPaths(data)]])))
    }
  } catch {
    // NaN among the inputs of a node: no client could read it either.
  }
  const data = { prompt_id: promptId, exception_message: 'The job failed.', traceback: [], current_inputs: {} }
  return Buffer.from(JSON.stringify({ type: 'execution_error', data }))
}

/** The same for an entry of the history, given and returned as JSON text. */
export function entryWithoutPaths(entry: string): string {
  if (!entry.includes('"execution_error"')) return entry
  const parsed = parseLosslessJson(entry)
  const status = isObject(parsed) ? parsed.get('status') : undefined
  const messages = isObject(status) ? status.get('messages') : undefined
  if (!isObject(parsed) || !isObject(status) || !Array.isArray(messages)) return entry
  const shown = new Map([...status, ['messages', messages.map(hideMessage)] as const])
  return formatLosslessJson(new Map([...parsed, ['status', shown]]))
}

function hideMessage(message: JsonValue): JsonValue {
  const [type, data] = Array.isArray(message) ? message : []
  return type === 'execution_error' && isObject(data) ? [type, withoutPaths(data)] : message
}
