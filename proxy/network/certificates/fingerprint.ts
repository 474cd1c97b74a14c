import { createHash } from 'node:crypto'
import type { X509Certificate } from 'node:crypto'
import { wordlist } from '@scure/bip39/wordlists/english.js'

const WORDS = 4
/** 2,048 words. */
const BITS_PER_WORD = 11n
const HASH_BITS = 256n

export interface Fingerprint {
  /** SHA-256 of the certificate: 64 digits in upper case, in pairs with colons between them, as systems show it. */
  readonly hex: string
  /**
   * Its first 44 bits as words. They tell one computer from another; they do not withstand somebody who makes
   * certificates until the words fit, or who shows our words on a page of their own. The digits, in the window of the
   * system that is asked to trust it, do.
   */
  readonly words: readonly string[]
}

export function fingerprintOf(certificate: X509Certificate): Fingerprint {
  const digest = createHash('sha256').update(certificate.raw).digest()
  const number = BigInt(`0x${digest.toString('hex')}`)
  const words = Array.from({ length: WORDS }, (_, at) => {
    const shift = HASH_BITS - BITS_PER_WORD * BigInt(at + 1)
    return wordlist[Number((number >> shift) & 0x7ffn)] ?? ''
  })
  return { hex: (digest.toString('hex').toUpperCase().match(/../g) ?? []).join(':'), words }
}
