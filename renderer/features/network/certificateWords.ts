import type { Certificates } from '../../../proxy/contract/certificates.ts'

/** How it stands, in a word and a sentence. What devices trust, nobody here can know, so nothing is said of it. */
export function describeEncryption(certificates: Certificates): {
  readonly tone: 'good' | 'attention'
  readonly word: string
  readonly words: string
} {
  if (certificates.kind === null) {
    const words = 'Everybody in your network can read along what is sent, passwords too.'
    return { tone: 'attention', word: 'Not encrypted', words }
  }
  return { tone: 'good', word: 'Encrypted', words: trustWords(certificates) }
}

function trustWords({ kind, keptIn, publiclyTrusted }: Certificates): string {
  if (kind === 'own') {
    return publiclyTrusted
      ? 'By your own certificate, which browsers know. Nobody has to be told anything.'
      : 'By your own certificate. Devices warn unless they know who made it.'
  }
  if (kind === 'authority')
    return 'A phone must be told once to trust this PC. Until then it warns; that is normal here.'
  const why =
    keptIn === 'keychain'
      ? ''
      : ' This computer has no keychain, so phones cannot be told to trust it once and for all.'
  return `Browsers warn, now and then also those that came in before.${why}`
}

/** "ab:cd:…" in lines that are easy to compare: eight pairs each. */
export const toLines = (hex: string): string[] =>
  (hex.match(/(?:[0-9A-F]{2}:?){1,8}/g) ?? []).map((line) => line.replace(/:$/, ''))
