import { describe, expect, it } from 'vitest'
import { systemRandom } from '../../../proxy/core/random.ts'
import { createSecretToken, isSecretToken } from '../../../proxy/core/secretToken.ts'
import { sha256, sha256Hex } from '../../../proxy/core/sha256.ts'

describe('a secret token', () => {
  it('has a form of its own, and a new value each time', () => {
    const tokens = Array.from({ length: 20 }, () => createSecretToken(systemRandom))
    expect(new Set(tokens).size).toBe(20)
    expect(tokens.every(isSecretToken)).toBe(true)
  })

  it.each(['', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}=`, `${'a'.repeat(43)}\n`])('is not %j', (text) => {
    expect(isSecretToken(text)).toBe(false)
  })
})

describe('SHA-256', () => {
  it('is that of FIPS 180-4', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(Buffer.from(sha256('abc'), 'base64').toString('hex')).toBe(sha256Hex('abc'))
  })
})
