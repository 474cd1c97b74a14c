import type { Random } from '../core/random.ts'

/** `gh_` + id (12) + `_` + 64 random bytes as base64url (86) + `_` + CRC-32 of what precedes (8 hex). */
export const apiKeyLength = 111

const ID_START = 3
const ID_LENGTH = 12
const SECRET_START = ID_START + ID_LENGTH + 1
const SECRET_BYTES = 64
const SECRET_LENGTH = 86
const CHECKSUM_START = SECRET_START + SECRET_LENGTH + 1

export interface ApiKeyText {
  readonly id: string
  readonly text: string
}

export function createApiKeyText(random: Random): ApiKeyText {
  const id = random.id(ID_LENGTH)
  const body = `gh_${id}_${random.bytes(SECRET_BYTES).toString('base64url')}`
  return { id, text: `${body}_${checksum(`${body}_`)}` }
}

/** The key's id when the text has the form of a key; cut by length, because the secret may contain `_`. */
export function parseApiKeyText(text: string): ApiKeyText | undefined {
  if (text.length !== apiKeyLength) return undefined
  if (!/^gh_[a-z0-9]{12}_[A-Za-z0-9_-]{86}_[0-9a-f]{8}$/.test(text)) return undefined
  if (checksum(text.slice(0, CHECKSUM_START)) !== text.slice(CHECKSUM_START)) return undefined
  return { id: text.slice(ID_START, ID_START + ID_LENGTH), text }
}

/** What is shown of a key after its creation. */
export const maskApiKey = (id: string, lastFour: string): string => `gh_${id.slice(0, 3)}…${lastFour}`

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')

/** CRC-32 as in ISO 3309 (zlib's), which older Node versions do not offer. */
function crc32(text: string): number {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
