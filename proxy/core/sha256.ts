import * as crypto from 'node:crypto'

const { createHash } = crypto

type Encoding = 'base64' | 'hex'

/** In one call where Node has it: a third of the time of `createHash`. */
const digest: (text: string, encoding: Encoding) => string =
  'hash' in crypto
    ? (text, encoding) => crypto.hash('sha256', text, encoding)
    : (text, encoding) => createHash('sha256').update(text).digest(encoding)

/** SHA-256 of a text, as base64. */
export const sha256 = (text: string): string => digest(text, 'base64')

/** SHA-256 of a text, as 64 small hex digits: how secrets of full strength are stored and looked for. */
export const sha256Hex = (text: string): string => digest(text, 'hex')
