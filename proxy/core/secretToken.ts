import type { Random } from './random.ts'

const TOKEN_BYTES = 32
const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/** A secret of 256 bits as 43 characters that stand in a cookie or an address as they are. */
export const createSecretToken = (random: Random): string => random.bytes(TOKEN_BYTES).toString('base64url')

/** Whether it has the form of what `createSecretToken` makes: anything else need not be looked for. */
export const isSecretToken = (text: string): boolean => tokenPattern.test(text)
