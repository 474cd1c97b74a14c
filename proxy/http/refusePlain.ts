import { isIPv6 } from 'node:net'
import type { Socket } from 'node:net'
import { isLoopbackAddress, normaliseAddress } from '../core/addresses.ts'
import { PROBLEM_PAGE_POLICY, problemPage } from './problemPage.ts'
import { everywhere } from './securityHeaders.ts'

/** Long enough for the answer to arrive, too short to keep a place by it. */
const LINGER_MS = 1_000

/**
 * For a port that speaks TLS only: the one answer to whoever begins without it, so that a browser says what to do and
 * not "sent no data". What they sent is thrown away unread, so nothing in it has an effect: it is not parsed, and no
 * credential in it is looked at.
 */
export function refusePlain(socket: Socket): void {
  const late = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(late))
  socket.on('error', () => socket.destroy())
  socket.once('end', () => socket.destroySoon())
  // Left unread, it would take the answer with it: a socket that is closed with input waiting is reset.
  socket.resume()
  socket.end(toAnswer(findSecureUrl(socket)))
}

function toAnswer(url: string | undefined): string {
  const words =
    'At this address administrators manage Gatehouse, over HTTPS only: put https:// in front of the address.'
  const link = url === undefined ? undefined : { url, words: `Go on to ${url}` }
  const body = problemPage('Only over HTTPS', words, { link })
  const headers = [
    ['content-type', 'text/html; charset=utf-8'],
    ['content-length', String(Buffer.byteLength(body))],
    ['content-security-policy', PROBLEM_PAGE_POLICY],
    ['cache-control', 'no-store'],
    ['connection', 'close'],
    ...everywhere,
  ]
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 400 Bad Request\r\n${head}\r\n${body}`
}

/**
 * The address that was reached, which is this computer's own and not what somebody wrote into a header. On loopback a
 * tunnel may have brought them under another one.
 */
export function findSecureUrl({
  localAddress = '',
  localPort,
}: Pick<Socket, 'localAddress' | 'localPort'>): string | undefined {
  const address = normaliseAddress(localAddress)
  if (address === '' || localPort === undefined || isLoopbackAddress(address)) return undefined
  // Of a link-local address browsers do not know the zone.
  if (address.includes('%') || /^fe[89ab]/i.test(address)) return undefined
  return `https://${isIPv6(address) ? `[${address}]` : address}:${localPort}/`
}
