import { GateError } from '../../contract/errorCodes.ts'
import { SECURE_SESSION_COOKIE, SESSION_COOKIE, TOKEN_COOKIE } from '../../core/cookieNames.ts'
import { isLoopbackAddress } from '../../core/addresses.ts'
import { BEARER_SUBPROTOCOL } from '../../http/credentials.ts'
import type { TlsSource } from '../../http/tlsSource.ts'
import { audienceOf } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import type { Authenticator } from '../requestContext.ts'
import type { RequestPace } from '../requestPace.ts'
import type { SettingsReader } from '../services.ts'
import { authenticate } from './authenticate.ts'

interface SchemeServices {
  readonly authenticator: Authenticator
  readonly settings: SettingsReader
  readonly pace: RequestPace
  readonly tls?: TlsSource
}

/**
 * Listening in: what is not encrypted can be read and changed by everybody in the same network. With `https.force`
 * nothing is answered but the few pages that a device needs before it can trust the certificate. Otherwise, once there
 * is a certificate, no other device signs in or is known by what it sends in clear.
 * @throws GateError HTTPS_REQUIRED, with `redirect` where a browser only has to go on to the same page
 */
export function checkScheme(exchange: Exchange, services: SchemeServices): Promise<void> | undefined {
  const { listener, secure, clientAddress, route } = exchange
  if (secure || listener === 'owner') return undefined
  const { settings, tls } = services
  const isEncrypted = tls?.context() !== undefined
  const isForced = settings.get('https.force') || listener === 'administration'
  const mayBePlain = !isEncrypted || isLoopbackAddress(clientAddress) || settings.get('https.allowWithout')
  if (!isForced && mayBePlain) return undefined
  if (route.wire === 'plain' && listener === 'public') {
    exchange.ignoresCredentials = true
    return undefined
  }
  if (!isForced && route.wire !== 'secret' && !carriesCredential(exchange)) return undefined
  return refuse(exchange, isEncrypted, services)
}

const COOKIES = [SESSION_COOKIE, SECURE_SESSION_COOKIE, TOKEN_COOKIE]

const carriesCredential = (exchange: Exchange): boolean =>
  carriesKey(exchange) || COOKIES.some((name) => exchange.head.cookie?.includes(`${name}=`) === true)

const carriesKey = ({ head, target }: Exchange): boolean =>
  head.authorization !== undefined ||
  target.queryToken !== undefined ||
  head.subprotocols?.includes(BEARER_SUBPROTOCOL) === true

async function refuse(exchange: Exchange, isEncrypted: boolean, services: SchemeServices): Promise<void> {
  // Before who asks is known, everybody is a stranger.
  services.pace.take({ clientAddress: exchange.clientAddress, principal: undefined })
  const isKey = carriesKey(exchange)
  if (isKey) await markAsSeen(exchange, services)
  if (!isEncrypted) {
    throw new GateError(
      'HTTPS_REQUIRED',
      'Gatehouse answers only over HTTPS here, and its certificate cannot be used right now. Its owner sees why on the page "Network".',
    )
  }
  const url = toEncrypted(exchange)
  const words = isKey
    ? `Your key crossed the network unprotected, so it was not used. Make a new one, and use ${new URL(url).origin}.`
    : `What is sent here could be read by others in the network. Use ${new URL(url).origin} instead.`
  const redirect = leadsToFirstPage(exchange, services) ? toFirstPage(exchange) : url
  throw new GateError('HTTPS_REQUIRED', words, {
    details: { url, ...(!isKey && mayRedirect(exchange) ? { redirect } : {}) },
  })
}

/** A key that holds is marked "was sent unprotected", so that its person replaces it. It lets nobody in. */
async function markAsSeen(exchange: Exchange, { authenticator, pace }: SchemeServices): Promise<void> {
  try {
    await authenticate(exchange, authenticator, pace)
  } catch (error) {
    if (error instanceof GateError && error.code === 'AUTH_INVALID') return
    throw error
  } finally {
    exchange.principal = undefined
  }
}

const mayRedirect = ({ method, upgrade, head }: Exchange): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !upgrade &&
  (head.secFetchMode === undefined || head.secFetchMode === 'navigate')

/**
 * A person who typed the address reads first what the warning of their browser means; a device that trusts the
 * certificate goes on from there by itself. Tools go on at once, and so does everybody where browsers know it anyway.
 */
const leadsToFirstPage = (exchange: Exchange, { tls }: SchemeServices): boolean =>
  audienceOf(exchange) === 'page' && exchange.listener === 'public' && tls?.isPubliclyTrusted === false

const toFirstPage = ({ target }: Exchange): string =>
  `/gatehouse/welcome?next=${encodeURIComponent(`${target.path}${target.search}`)}`

/** The same page under TLS: both are spoken on the same port. The name was looked at by the stage before. */
function toEncrypted({ head, target, localPort }: Exchange): string {
  const host = /:\d+$/.test(head.host) ? head.host : `${head.host}:${localPort}`
  return `https://${host}${target.path}${target.search}`
}
