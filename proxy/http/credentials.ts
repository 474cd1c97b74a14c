import { GateError } from '../contract/errorCodes.ts'
import { ADMINISTRATION_COOKIE, DEVICE_COOKIE, SECURE_DEVICE_COOKIE, TOKEN_COOKIE } from '../core/cookieNames.ts'
import type { PresentedCredential } from '../pipeline/requestContext.ts'

export const BEARER_SUBPROTOCOL = 'gatehouse.bearer.'

export interface CredentialSources {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly subprotocols: string | undefined
  readonly queryToken: string | undefined
  readonly upgrade: boolean
  /** The session cookie that counts where this came in; see `sessionCookieName`. */
  readonly cookieName: string
  /** Whether the request says that a browser sent it. */
  readonly fromBrowser: boolean
}

const refuse = (message: string): never => {
  throw new GateError('AUTH_INVALID', message)
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * What a client presented, in the order of precedence: Authorization, subprotocol, `?token=`, session cookie, the
 * cookie `jwt_token`. The first one present decides; a malformed one is refused and nothing after it is looked at.
 * @throws GateError AUTH_INVALID
 */
export function findPresentedCredential(sources: CredentialSources): PresentedCredential | undefined {
  if (sources.authorization !== undefined) return parseAuthorization(sources.authorization)
  if (sources.upgrade) {
    const token = findSubprotocolToken(sources.subprotocols)
    if (token !== undefined) return { kind: 'subprotocol', token }
  }
  if (sources.queryToken !== undefined) {
    if (!sources.upgrade) {
      refuse(
        'A key in the address ends in logs and histories. Send it in the header "Authorization: Bearer <key>"; ?token= is taken on the WebSocket only.',
      )
    }
    return { kind: 'queryToken', token: sources.queryToken }
  }
  const session = findCookie(sources.cookie, sources.cookieName)
  if (session !== undefined) return { kind: 'sessionCookie', token: session }
  // Browsers send cookies to every port of a host: on administration's, only its own counts.
  if (sources.cookieName === ADMINISTRATION_COOKIE) return undefined
  const token = findCookie(sources.cookie, TOKEN_COOKIE)
  return token === undefined ? undefined : { kind: 'tokenCookie', token, fromBrowser: sources.fromBrowser }
}

function parseAuthorization(header: string): PresentedCredential {
  const space = header.indexOf(' ')
  const scheme = (space === -1 ? header : header.slice(0, space)).toLowerCase()
  const value = space === -1 ? '' : header.slice(space + 1).trim()
  if (value === '') return refuse('The header Authorization is incomplete.')
  if (scheme === 'bearer') return { kind: 'bearer', token: value }
  if (scheme !== 'basic' || !BASE64.test(value)) return refuse('Use "Authorization: Bearer <key>".')
  const pair = Buffer.from(value, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 1) return refuse('Basic needs the name and the key, separated by a colon.')
  return { kind: 'basic', userName: pair.slice(0, colon), key: pair.slice(colon + 1) }
}

function findSubprotocolToken(subprotocols: string | undefined): string | undefined {
  if (subprotocols?.includes(BEARER_SUBPROTOCOL) !== true) return undefined
  const offered = subprotocols
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name.startsWith(BEARER_SUBPROTOCOL))
  if (offered.length > 1) refuse('More than one key was sent.')
  return offered[0]?.slice(BEARER_SUBPROTOCOL.length)
}

/** Every value that was sent under a name. */
export function listCookies(cookie: string | undefined, name: string): string[] {
  if (cookie?.includes(name) !== true) return []
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

/** By which a browser is known in which somebody signed in before. Of two, neither is known to be its own. */
export function findDeviceToken(cookie: string | undefined, secure: boolean): string | undefined {
  const found = listCookies(cookie, secure ? SECURE_DEVICE_COOKIE : DEVICE_COOKIE)
  return found.length === 1 ? found[0] : undefined
}

function findCookie(cookie: string | undefined, name: string): string | undefined {
  const found = listCookies(cookie, name)
  // Another program on this host name can plant a second cookie of the same name: which one counts must not be luck.
  if (found.length > 1) {
    refuse(
      'Your browser sent the sign-in cookie more than once. Delete the cookies of this address, then sign in again.',
    )
  }
  return found[0]
}

/** Which of the offered subprotocols the server answers with: some clients fail without one (RFC 6455 section 4.1). */
export function selectSubprotocol(offered: Iterable<string>): string | false {
  const names = [...offered]
  return names.find((name) => !name.startsWith(BEARER_SUBPROTOCOL)) ?? names[0] ?? false
}
