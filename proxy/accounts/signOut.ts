import type { Principal } from '../pipeline/requestContext.ts'
import { toActedBy } from './actedBy.ts'
import type { Stores } from './stores.ts'

/** Ends the session of this device. A guest's visit ends with it, and what they made is deleted. */
export async function signOut(
  { sessions, guests }: Pick<Stores, 'sessions' | 'guests'>,
  principal: Principal,
  clientAddress: string,
): Promise<void> {
  if (principal.credential.kind !== 'session') throw new TypeError('only a session is signed out')
  const by = toActedBy(principal, clientAddress)
  if (!(await guests.end(principal.accountId, by))) await sessions.end(principal.credential.sessionId, by)
}
