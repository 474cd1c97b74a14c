import * as crypto from 'node:crypto'

const { createHash } = crypto

/** SHA-256 of a text, as base64. In one call where Node has it: a third of the time of `createHash`. */
export const sha256: (text: string) => string =
  'hash' in crypto
    ? (text) => crypto.hash('sha256', text, 'base64')
    : (text) => createHash('sha256').update(text).digest('base64')
