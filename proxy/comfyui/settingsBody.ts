import { GateError } from '../contract/errorCodes.ts'
import { formatLosslessJson, isObject, parseLosslessJson } from './losslessJson.ts'

const refuse = (message: string): never => {
  throw new GateError('BAD_REQUEST', message)
}

/**
 * What `POST /settings` and `POST /settings/{id}` store. ComfyUI 0.3.64 keeps `NaN` and half characters, which Python
 * reads as JSON, and answers them to every page from then on; no browser can read that, so none shows ComfyUI again.
 * @returns the same values as JSON that every reader takes @throws GateError BAD_REQUEST
 */
export function checkSettings(bytes: Buffer, id: string | undefined): Buffer {
  if (id === '__proto__') refuse('A setting cannot have that name.')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('The settings are not UTF-8.')
  }
  const value = parseLosslessJson(text)
  if (id === undefined && !isObject(value)) refuse('Settings are sent as a JSON object.')
  return Buffer.from(formatLosslessJson(value), 'utf8')
}
