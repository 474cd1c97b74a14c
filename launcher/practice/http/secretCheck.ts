import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The secret of this start: 64 lower-case hex digits. */
export function isEngineSecret(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** True when the request carries the secret, once. Takes the same time for every wrong value. */
export function carriesSecret(message: IncomingMessage, secret: string): boolean {
  const given = message.headers['x-gatehouse-secret']
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(secret))
}

/** Proves the secret without sending it. */
export function toHealthProof(secret: string, nonce: string, bootId: string): string {
  return createHmac('sha256', secret).update(`health\n${nonce}\n${bootId}`).digest('hex')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
