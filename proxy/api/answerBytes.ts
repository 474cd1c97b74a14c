import type { IncomingMessage, ServerResponse } from 'node:http'
import { SANDBOX_CONTENT_POLICY } from '../http/securityHeaders.ts'
import type { Asker } from '../outputs/pictureWorkers.ts'
import type { AccountTurns } from '../pipeline/accountTurns.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import { toAsker } from './asker.ts'
import { sendPieces } from './sendPieces.ts'

/* What answers with bytes of people's files have in common: the router would hold them in memory. */

export interface Turn {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly context: RequestContext
}

/** Does the work when it is this person's turn; not at all for who has gone away by then. */
export async function inTurn(
  turns: AccountTurns,
  { outgoing }: Turn,
  principal: Principal,
  work: (asker: Asker) => Promise<void>,
): Promise<void> {
  const asker = toAsker(principal, outgoing)
  if (asker.gone.aborted) return
  const giveBack = await turns.take(asker.accountId, asker.gone)
  await work(asker).finally(giveBack)
}

export async function writeBytes(
  { outgoing, context }: Turn,
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  if (outgoing.destroyed) return
  outgoing.writeHead(200, { ...headers, 'content-length': bytes.length })
  if (context.method === 'HEAD') outgoing.end()
  else await sendPieces(outgoing, bytes)
}

/** Whatever a node wrote: nothing of it runs in our origin, and no other site may use it. */
export const commonHeaders = {
  'cache-control': 'private, no-cache',
  'content-security-policy': SANDBOX_CONTENT_POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const

/** RFC 6266 and RFC 8187; the plain form for clients that do not read the other one. */
export function savedAs(name: string): { 'content-disposition': string } {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(withoutHalves(name)).replace(/['()*]/g, toPercent)
  return { 'content-disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encoded}` }
}

/** Half a character cannot be encoded. */
const withoutHalves = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')

const toPercent = (sign: string): string => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`

export const isKnown = ({ headers }: IncomingMessage, etag: string): boolean =>
  headers['if-none-match']?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) === true
