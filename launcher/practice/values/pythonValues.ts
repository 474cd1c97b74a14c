import { isJsonObject, type JsonValue } from './json.ts'

/** Python's conversion failed; the message is Python's. */
export class PythonValueError extends Error {
  readonly typeName: 'ValueError' | 'TypeError' | 'OverflowError'
  constructor(typeName: 'ValueError' | 'TypeError' | 'OverflowError', message: string) {
    super(message)
    this.typeName = typeName
  }
}

/** Python's `repr()`. */
export function toPythonRepr(value: JsonValue): string {
  if (typeof value === 'string') return quotePython(value)
  if (Array.isArray(value)) return `[${value.map(toPythonRepr).join(', ')}]`
  if (isJsonObject(value)) {
    const members = Object.entries(value).map(([key, member]) => `${quotePython(key)}: ${toPythonRepr(member)}`)
    return `{${members.join(', ')}}`
  }
  return toPythonText(value)
}

/** Python's `str()`. */
export function toPythonText(value: JsonValue): string {
  if (typeof value === 'string') return value
  if (value === null) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return floatText(value)
  return toPythonRepr(value)
}

/** Python's `int()`. @throws PythonValueError */
export function toPythonInt(value: JsonValue): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return BigInt(Math.trunc(value))
    throw new PythonValueError('OverflowError', 'cannot convert float infinity to integer')
  }
  if (typeof value === 'string') {
    const digits = value.trim()
    // Python 3.11 refuses longer texts (CVE-2020-10735), and so do we: BigInt of a megabyte takes minutes.
    if (/^[+-]?\d+(_\d+)*$/.test(digits) && digits.length <= 4300) return BigInt(digits.replace(/[+_]/g, ''))
    throw new PythonValueError('ValueError', `invalid literal for int() with base 10: ${quotePython(value)}`)
  }
  throw new PythonValueError(
    'TypeError',
    `int() argument must be a string, a bytes-like object or a real number, not '${typeName(value)}'`,
  )
}

/** Python's `float()`. @throws PythonValueError */
export function toPythonFloat(value: JsonValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') {
    const text = value.trim().replace(/_/g, '')
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
    throw new PythonValueError('ValueError', `could not convert string to float: ${quotePython(value)}`)
  }
  throw new PythonValueError(
    'TypeError',
    `float() argument must be a string or a real number, not '${typeName(value)}'`,
  )
}

/** Python's `bool()`. */
export function toPythonBool(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (isJsonObject(value)) return Object.keys(value).length > 0
  return typeof value === 'bigint' ? value !== 0n : Boolean(value)
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  const magnitude = Math.abs(value)
  if (Number.isInteger(value) && magnitude < 1e16) return `${String(value)}.0`
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  return String(value)
}

function quotePython(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  let quoted = ''
  for (const character of text) {
    if (character === '\\' || character === mark) quoted += `\\${character}`
    else if (character === '\n') quoted += '\\n'
    else if (character === '\r') quoted += '\\r'
    else if (character === '\t') quoted += '\\t'
    else if (character < ' ' || character === '\u007f')
      quoted += `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
    else quoted += character
  }
  return mark + quoted + mark
}

function typeName(value: JsonValue): string {
  if (value === null) return 'NoneType'
  return Array.isArray(value) ? 'list' : 'dict'
}
