import { describe, expect, it } from 'vitest'
import { isJsonObject, memberOf, parseJson, stringifyJson } from '../../../launcher/practice/values/json.ts'
import {
  toPythonBool,
  toPythonFloat,
  toPythonInt,
  toPythonRepr,
  toPythonText,
} from '../../../launcher/practice/values/pythonValues.ts'

describe('json', () => {
  it('keeps every digit of integers', () => {
    const text = '{"seed": 18446744073709551615, "low": -9223372036854775808, "float": 0.1, "big": 1e+300}'
    expect(stringifyJson(parseJson(text))).toBe(text)
  })

  it('writes ASCII only', () => {
    const text = stringifyJson({ ü: '🙂\n"\u007f' })
    expect(text).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(text)).toEqual({ ü: '🙂\n"\u007f' })
  })

  it('prototype pollution: __proto__ stays an ordinary member', () => {
    const value = parseJson('{"__proto__": {"polluted": true}, "constructor": 1}')
    if (!isJsonObject(value)) throw new Error('no object')
    expect(Object.getPrototypeOf({}).polluted).toBeUndefined()
    expect(memberOf(value, 'polluted')).toBeUndefined()
    expect(memberOf(value, 'toString')).toBeUndefined()
  })

  it('the last of a repeated key counts', () => {
    expect(parseJson('{"a": 1, "a": 2}')).toEqual({ a: 2n })
  })

  it.each(['[', '{', '[{"a":'])('deep nesting of %j is refused, not a stack overflow', (opening) => {
    expect(() => parseJson(opening.repeat(100_000))).toThrow(SyntaxError)
  })

  it('brackets inside of texts do not count as depth', () => {
    expect(parseJson(JSON.stringify('['.repeat(1000) + '\\"'))).toBe('['.repeat(1000) + '\\"')
  })

  it.each(['', 'x', '{"a":}', '[1,]', 'nul', '"a', '{"a" 1}', '1 2'])('%j is refused', (text) => {
    expect(() => parseJson(text)).toThrow()
  })
})

describe('python values', () => {
  it.each([
    ['12', 12n],
    [' -7 ', -7n],
    ['1_000', 1000n],
    [3.9, 3n],
    [-3.9, -3n],
    [true, 1n],
    [18446744073709551615n, 18446744073709551615n],
  ])('int(%s) is %s', (value, expected) => {
    expect(toPythonInt(value)).toBe(expected)
  })

  it.each(['', '1.5', 'x', '0x10', '1__0', '9'.repeat(4301), null, {}, [], Infinity])('int(%s) is refused', (value) => {
    expect(() => toPythonInt(value)).toThrow()
  })

  it.each([
    ['1.5', 1.5],
    ['1e3', 1000],
    ['.5', 0.5],
    [2n, 2],
    [false, 0],
  ])('float(%s) is %d', (value, expected) => {
    expect(toPythonFloat(value)).toBe(expected)
  })

  it.each(['nan', 'inf', '', 'x', '1e', null, {}])('float(%s) is refused', (value) => {
    expect(() => toPythonFloat(value)).toThrow()
  })

  it.each([
    [3, '3.0'],
    [0.1, '0.1'],
    [1e16, '1e+16'],
    [1e-7, '1e-07'],
    [1.5e300, '1.5e+300'],
    [null, 'None'],
    [true, 'True'],
    [5n, '5'],
    ['as it is', 'as it is'],
    [['a', 1n, { b: null }], "['a', 1, {'b': None}]"],
  ])('str(%s) is %s', (value, expected) => {
    expect(toPythonText(value)).toBe(expected)
  })

  it.each([
    ["it's", `"it's"`],
    [`both ' and "`, `'both \\' and "'`],
    ['line\nbreak\\', "'line\\nbreak\\\\'"],
    ['\u0001', "'\\x01'"],
  ])('repr(%j) is %s', (value, expected) => {
    expect(toPythonRepr(value)).toBe(expected)
  })

  it('bool() knows empty things', () => {
    expect([0n, 0, '', [], {}, null, false].map(toPythonBool)).toEqual(Array.from({ length: 7 }, () => false))
    expect([1n, 0.5, 'false', [0n], { a: null }, true].map(toPythonBool)).toEqual(Array.from({ length: 6 }, () => true))
  })
})
