import { GateError } from '../../contract/errorCodes.ts'
import { findPresentedCredential } from '../../http/credentials.ts'
import type { Exchange } from '../exchange.ts'
import type { Authenticator, PresentedCredential } from '../requestContext.ts'

/**
 * Finds out who is asking. No credential is not yet a refusal: public routes need none. A bad one is, with one
 * exception: an expired cookie, which the browser sends to the sign-in page too.
 * @throws GateError AUTH_INVALID
 */
export function authenticate(exchange: Exchange, authenticator: Authenticator): Promise<void> | undefined {
  const { head, target, upgrade, secure } = exchange
  const presented = findPresentedCredential({
    authorization: head.authorization,
    cookie: head.cookie,
    subprotocols: head.subprotocols,
    queryToken: target.queryToken,
    upgrade,
    secure,
  })
  if (presented === undefined) return undefined
  exchange.presentedKind = presented.kind
  const { listener, clientAddress } = exchange
  const known = authenticator.recall?.({ presented, listener, secure, clientAddress })
  if (known === undefined) return resolve(exchange, authenticator, presented)
  exchange.principal = known
  return undefined
}

async function resolve(
  exchange: Exchange,
  authenticator: Authenticator,
  presented: PresentedCredential,
): Promise<void> {
  const { listener, secure, clientAddress } = exchange
  try {
    exchange.principal = await authenticator.authenticate({ presented, listener, secure, clientAddress })
  } catch (error) {
    if (!(error instanceof GateError) || error.code !== 'AUTH_INVALID' || presented.kind !== 'sessionCookie')
      throw error
    exchange.refusedCookie = error
  }
}
