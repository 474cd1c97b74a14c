import { parse } from 'lossless-json'

/** A JSON value as Python sees it: `bigint` for what is written as an integer, `number` for a float. Seeds keep all digits. */
export type JsonValue = null | boolean | string | number | bigint | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue
}

/** Deeper bodies are refused: everything that walks a value recurses. */
const MAX_DEPTH = 256

/** Parses JSON without losing digits; of a repeated key the last one counts, as in Python. @throws SyntaxError */
export function parseJson(text: string): JsonValue {
  checkDepth(text)
  const value = parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }) => newValue })
  if (!isJsonValue(value)) throw new SyntaxError('no JSON value')
  return value
}

/** JSON in ASCII, in the form that Python's json.dumps writes. */
export function stringifyJson(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(stringifyJson).join(', ')}]`
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).map(([key, member]) => `${quote(key)}: ${stringifyJson(member)}`)
  return `{${members.join(', ')}}`
}

/** True for `{…}`, false for arrays and null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own member of that name; never one inherited from Object.prototype. */
export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function parseNumber(text: string): bigint | number {
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text)
}

function isJsonValue(value: unknown): value is JsonValue {
  return value !== undefined
}

function checkDepth(text: string): void {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (inString) {
      if (code === 0x5c) index++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) throw new SyntaxError('nested too deeply')
    } else if (code === 0x7d || code === 0x5d) depth--
  }
}
