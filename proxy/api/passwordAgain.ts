import type { Stores } from '../accounts/stores.ts'
import { GateError } from '../contract/errorCodes.ts'
import { findDeviceToken } from '../http/credentials.ts'
import type { RequestContext } from '../pipeline/requestContext.ts'
import { requirePrincipal } from './rights.ts'

/**
 * Session riding: whatever lasts longer than a session needs the password, which a page's foreign JavaScript does not
 * know. Counted like signing in.
 * @throws GateError PASSWORD_REQUIRED when it is missing, wrong or was never set, RATE_LIMITED, AUTH_INVALID
 */
export async function proveOwnPassword(
  stores: Stores,
  context: RequestContext,
  password: string | undefined,
  cookie?: string,
): Promise<void> {
  const principal = requirePrincipal(context)
  const account = await stores.accounts.get(principal.accountId)
  if (!account.hasPassword) {
    throw new GateError(
      'PASSWORD_REQUIRED',
      "You have no password yet. Do this in Gatehouse's own window on the computer.",
    )
  }
  if (password === undefined || password === '') {
    throw new GateError('PASSWORD_REQUIRED', 'Type your password again to go on.')
  }
  const deviceToken = findDeviceToken(cookie, context.secure)
  await stores.signIns.provePassword(account, password, { clientAddress: context.clientAddress, deviceToken })
  // The password that was just right may be the old one by now; a change of it has ended this session.
  if ((await stores.authenticator.reauthenticate(principal)) === undefined) {
    throw new GateError('AUTH_INVALID', 'You are signed out. Sign in again.')
  }
}
