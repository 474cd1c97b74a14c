import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenFilter } from '../../../proxy/comfyui/tokenFilter.ts'

function filter(text: string, cuts: readonly number[] = []): string {
  const bytes = Buffer.from(text)
  const stops = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  const tokens = new TokenFilter()
  const out = stops.slice(1).map((stop, at) => tokens.push(Buffer.from(bytes.subarray(stops[at], stop))))
  return Buffer.concat([...out, tokens.end()]).toString()
}

const answer = (token: string): string =>
  JSON.stringify({
    queue_pending: [
      [0, 'id', {}, { auth_token_comfy_org: token, api_key_comfy_org: `${token}2`, extra_pnginfo: { a: 'token' } }, []],
    ],
    current_inputs: { auth_token: [token], comfy_api_key: token },
  })

describe('TokenFilter', () => {
  it('blanks tokens in the answer as Python writes it, and keeps its length', () => {
    const text = '{"auth_token_comfy_org": "eyJhb\\"Gci", "api_key_comfy_org": "k", "b": "auth_token"}'
    const filtered = filter(text)
    expect(filtered).toHaveLength(text.length)
    expect(JSON.parse(filtered)).toEqual({ auth_token_comfy_org: '', api_key_comfy_org: '', b: 'auth_token' })
  })

  it('finds every token however the answer is cut into pieces', () => {
    const token = fc.string({ unit: fc.constantFrom('a', 'Z', '"', '\\', '_', '-'), minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(token, fc.array(fc.nat(), { maxLength: 12 }), (secret, cuts) => {
        const text = answer(secret)
        const filtered = filter(text, cuts)
        expect(filtered).toHaveLength(text.length)
        expect(JSON.parse(filtered)).toEqual(JSON.parse(answer('').replaceAll('"2"', '""')))
      }),
    )
  })

  it('leaves everything else as it is', () => {
    const text = JSON.stringify({
      a: '"auth_token_comfy_org": "x"',
      auth_token: 5,
      b: { _token: 'x' },
      c: 'äöü "auth_tok',
    })
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        expect(filter(text, cuts)).toBe(text)
      }),
    )
  })

  it('holds nothing back at the end of an ordinary answer', () => {
    const body = Buffer.from('{"queue_running": [], "queue_pending": []}')
    expect(new TokenFilter().push(body)).toHaveLength(body.length)
  })
})
