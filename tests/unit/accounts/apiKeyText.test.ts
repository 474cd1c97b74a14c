import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apiKeyLength, createApiKeyText, maskApiKey, parseApiKeyText } from '../../../proxy/accounts/apiKeyText.ts'
import { systemRandom } from '../../../proxy/core/random.ts'

const withChecksum = (body: string): string => body + crc32(body).toString(16).padStart(8, '0')

describe('the text of an API key', () => {
  it('is read back whatever its random bytes are, underscores included', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        const key = createApiKeyText({ ...systemRandom, bytes: () => Buffer.from(bytes) })
        expect(key.text).toHaveLength(apiKeyLength)
        expect(parseApiKeyText(key.text)).toEqual(key)
      }),
    )
    const underscores = createApiKeyText({ ...systemRandom, bytes: () => Buffer.alloc(64, 0xff) })
    expect(underscores.text).toContain('____')
    expect(parseApiKeyText(underscores.text)?.id).toBe(underscores.id)
  })

  it('carries the CRC-32 that other programs compute', () => {
    const { text } = createApiKeyText(systemRandom)
    expect(withChecksum(text.slice(0, 103))).toBe(text)
  })

  it('is refused after any change of one character', () => {
    const { text } = createApiKeyText(systemRandom)
    fc.assert(
      fc.property(
        fc.nat(apiKeyLength - 1),
        fc.constantFrom('a', 'b', 'X', 'Z', '0', '9', '_', '-'),
        (at, character) => {
          const changed = text.slice(0, at) + character + text.slice(at + 1)
          expect(parseApiKeyText(changed) === undefined).toBe(changed !== text)
        },
      ),
    )
  })

  it.for([
    ['empty', ''],
    ['a password', 'violet kayak orbit lamp'],
    ['too long', `${withChecksum(`gh_abcdefghijkl_${'A'.repeat(86)}_`)}0`],
    ['another prefix', withChecksum(`gk_abcdefghijkl_${'A'.repeat(86)}_`)],
    ['upper case in the id', withChecksum(`gh_ABCDEFGHIJKL_${'A'.repeat(86)}_`)],
    ['a line end', withChecksum(`gh_abcdefghijkl_${'A'.repeat(85)}\n_`)],
    ['not ASCII', withChecksum(`gh_abcdefghijkl_${'Ä'.repeat(86)}_`)],
  ] as const)('is refused when it is %s', ([, text]) => {
    expect(parseApiKeyText(text)).toBeUndefined()
  })

  it('shows three characters of the id and the last four', () => {
    expect(maskApiKey('7kqabcdefghi', '09af')).toBe('gh_7kq…09af')
  })
})
