import { GateError } from '../contract/errorCodes.ts'
import type { RequestContext } from '../pipeline/requestContext.ts'
import { createSessionCookie } from './sessionCookie.ts'
import type { Stores } from './stores.ts'

/**
 * Lets whoever asks look around, and gives the cookie that says so, which goes when the visit ends.
 * @throws GateError PERMISSION_DENIED, BAD_REQUEST for who is signed in, RATE_LIMITED, QUOTA_EXCEEDED
 */
export async function enterAsGuest(
  { guests, settings }: Pick<Stores, 'guests' | 'settings'>,
  context: RequestContext,
  userAgent: string | undefined,
): Promise<{ token: string; cookie: string }> {
  if (context.listener !== 'public') {
    throw new GateError('PERMISSION_DENIED', 'Guests come in on the address that people use.')
  }
  if (context.principal !== undefined) {
    throw new GateError('BAD_REQUEST', 'You are signed in already. Sign out first.')
  }
  const { secure, clientAddress } = context
  const { token, session, account } = await guests.letIn({ clientAddress, secure, userAgent })
  const longest = settings.get('sessions.absoluteDays') * 86_400
  const visit = Math.ceil(((account.expiresAtMs ?? Infinity) - session.createdAtMs) / 1000)
  return { token, cookie: createSessionCookie(token, { ...context, maxAgeSeconds: Math.min(longest, visit) }) }
}
