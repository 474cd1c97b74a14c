import { GateError } from '../contract/errorCodes.ts'

/**
 * JSON whose numbers stay the text they were sent as: seeds of 64 bits do not survive JSON.parse. Objects are Maps, so
 * that no key can mean anything to JavaScript and keys keep their order.
 */
export type JsonValue = null | boolean | string | JsonNumber | JsonValue[] | JsonObject
export type JsonObject = Map<string, JsonValue>

export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export const isObject = (value: JsonValue | undefined): value is JsonObject => value instanceof Map

const MAX_DEPTH = 64
/** Python refuses to read integers of more than 4300 digits; no number of use is this long. */
const MAX_NUMBER_LENGTH = 400
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const BLANK = /[ \t\n\r]*/y
// eslint-disable-next-line no-control-regex -- JSON forbids raw control characters in strings
const CONTROL = /[\u0000-\u001f]/
/** Only an escape can spell half a pair: the text itself was decoded from UTF-8. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/
const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

class Parser {
  readonly #text: string
  #valuesLeft: number
  readonly #maxValues: number
  #at = 0

  constructor(text: string, maxValues: number) {
    this.#text = text
    this.#maxValues = maxValues
    this.#valuesLeft = maxValues
  }

  parse(): JsonValue {
    const value = this.#value(0)
    this.#skipBlank()
    if (this.#at !== this.#text.length) this.#refuse('something follows the end')
    return value
  }

  #refuse(why: string): never {
    throw new GateError('BAD_REQUEST', `The JSON is not valid: ${why} at position ${this.#at}.`)
  }

  #skipBlank(): void {
    BLANK.lastIndex = this.#at
    BLANK.exec(this.#text)
    this.#at = BLANK.lastIndex
  }

  /** The sign that starts the next value or ends this one. */
  #next(): string {
    this.#skipBlank()
    return this.#text.charAt(this.#at)
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) this.#refuse(`it is nested deeper than ${MAX_DEPTH} levels`)
    this.#valuesLeft -= 1
    if (this.#valuesLeft < 0) throw new GateError('BAD_REQUEST', `The JSON has more than ${this.#maxValues} values.`)
    switch (this.#next()) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #word<Value extends boolean | null>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) this.#refuse('a word is not known')
    this.#at += word.length
    return value
  }

  #number(): JsonNumber {
    NUMBER.lastIndex = this.#at
    const text = NUMBER.exec(this.#text)?.[0]
    if (text === undefined) this.#refuse('a value is missing')
    // 1e999 is read as infinity, and Python writes that as a word which is no JSON: every later reader breaks.
    if (text.length > MAX_NUMBER_LENGTH || !Number.isFinite(Number(text))) this.#refuse('a number is too large')
    this.#at = NUMBER.lastIndex
    return new JsonNumber(text)
  }

  #string(): string {
    const start = this.#at
    const end = this.#closingQuote(start + 1)
    const raw = this.#text.slice(start, end + 1)
    if (CONTROL.test(raw)) this.#refuse('a text contains a control character')
    this.#at = end + 1
    return raw.includes('\\') ? this.#unescape(raw) : raw.slice(1, -1)
  }

  #closingQuote(from: number): number {
    for (let at = from; ; at += 1) {
      at = this.#text.indexOf('"', at)
      if (at === -1) return this.#refuse('a text is not closed')
      let backslashes = 0
      while (this.#text[at - 1 - backslashes] === '\\') backslashes += 1
      if (backslashes % 2 === 0) return at
    }
  }

  #unescape(raw: string): string {
    let value: unknown
    try {
      value = JSON.parse(raw)
    } catch {
      return this.#refuse('a text has a wrong escape')
    }
    // Half a surrogate pair cannot be written as UTF-8: Python fails on it later, for example in a file name.
    const isHalf = SURROGATE_ESCAPE.test(raw) && typeof value === 'string' && HALF_PAIR.test(value)
    if (typeof value !== 'string' || isHalf) return this.#refuse('a text contains half a character')
    return value
  }

  #array(depth: number): JsonValue[] {
    this.#at += 1
    const values: JsonValue[] = []
    if (this.#next() === ']') {
      this.#at += 1
      return values
    }
    for (;;) {
      values.push(this.#value(depth + 1))
      if (this.#separator(']')) return values
    }
  }

  #object(depth: number): JsonObject {
    this.#at += 1
    const object: JsonObject = new Map()
    if (this.#next() === '}') {
      this.#at += 1
      return object
    }
    for (;;) {
      if (this.#next() !== '"') this.#refuse('a key is missing')
      const key = this.#string()
      if (key === '__proto__') this.#refuse('the key __proto__ is not allowed')
      // Which of two equal keys counts differs between readers.
      if (object.has(key)) this.#refuse('a key stands twice in one object')
      if (this.#next() !== ':') this.#refuse('a colon is missing')
      this.#at += 1
      object.set(key, this.#value(depth + 1))
      if (this.#separator('}')) return object
    }
  }

  /** Whether the list ended. */
  #separator(end: ']' | '}'): boolean {
    const sign = this.#next()
    if (sign !== ',' && sign !== end) this.#refuse('a comma is missing')
    this.#at += 1
    return sign === end
  }
}

/**
 * `maxValues`: how many values it may have, lists and objects among them; a value of two bytes takes fifty times as much
 * in memory.
 * @throws GateError BAD_REQUEST in words, also for NaN, repeated keys, `__proto__` and more than 64 levels
 */
export function parseLosslessJson(text: string, maxValues = Infinity): JsonValue {
  return new Parser(text, maxValues).parse()
}

/** The JSON text of exactly this tree, numbers as they were. */
export function formatLosslessJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text
  if (Array.isArray(value)) return `[${value.map(formatLosslessJson).join(',')}]`
  if (isObject(value)) {
    const members = [...value].map(([key, member]) => `${JSON.stringify(key)}:${formatLosslessJson(member)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}
