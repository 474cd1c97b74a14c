import { GateError } from '../../contract/errorCodes.ts'
import { sessionCookieName } from '../../core/cookieNames.ts'
import { findPresentedCredential } from '../../http/credentials.ts'
import type { RequestHead } from '../../http/headers.ts'
import type { Exchange } from '../exchange.ts'
import type { Authenticator, PresentedCredential } from '../requestContext.ts'
import type { RequestPace } from '../requestPace.ts'
import { countRefused } from './pace.ts'

/**
 * Finds out who is asking. No credential is not yet a refusal: public routes need none. A bad one is, with one
 * exception: an expired cookie, which the browser sends to the sign-in page too.
 * @throws GateError AUTH_INVALID, and RATE_LIMITED after too many of them
 */
export function authenticate(
  exchange: Exchange,
  authenticator: Authenticator,
  pace: RequestPace,
): Promise<void> | undefined {
  if (exchange.ignoresCredentials) return undefined
  const presented = findCredential(exchange, pace)
  if (presented === undefined) return undefined
  exchange.presentedKind = presented.kind
  const { listener, clientAddress, secure } = exchange
  const known = authenticator.recall?.({ presented, listener, secure, clientAddress })
  if (known === undefined) return resolve(exchange, authenticator, presented, pace)
  exchange.principal = known
  return undefined
}

function findCredential(exchange: Exchange, pace: RequestPace): PresentedCredential | undefined {
  const { head, target, upgrade } = exchange
  try {
    return findPresentedCredential({
      authorization: head.authorization,
      cookie: head.cookie,
      subprotocols: head.subprotocols,
      queryToken: target.queryToken,
      upgrade,
      cookieName: sessionCookieName(exchange),
      fromBrowser: isBrowser(head),
    })
  } catch (error) {
    countRefused(error, exchange, pace)
    throw error
  }
}

async function resolve(
  exchange: Exchange,
  authenticator: Authenticator,
  presented: PresentedCredential,
  pace: RequestPace,
): Promise<void> {
  const { listener, secure, clientAddress } = exchange
  try {
    exchange.principal = await authenticator.authenticate({ presented, listener, secure, clientAddress })
  } catch (error) {
    // An old cookie goes on as a stranger and is counted as one by the next stage.
    const isCookie = presented.kind === 'sessionCookie' || presented.kind === 'tokenCookie'
    const isOldCookie = error instanceof GateError && error.code === 'AUTH_INVALID' && isCookie
    if (!isOldCookie) {
      countRefused(error, exchange, pace)
      throw error
    }
    exchange.refusedCookie = error
  }
}

/** Every browser says one of these at least; a tool that says none is none. */
const isBrowser = ({ secFetchSite, secFetchMode, origin, userAgent }: RequestHead): boolean =>
  secFetchSite !== undefined || secFetchMode !== undefined || origin !== undefined || /mozilla\//i.test(userAgent ?? '')
