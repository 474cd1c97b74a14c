import type { Principal } from '../pipeline/requestContext.ts'
import { toActedBy } from './actedBy.ts'
import type { Stores } from './stores.ts'

/** Ends the session or the token of this device. A guest's visit ends with it, and what they made is deleted. */
export async function signOut(
  { sessions, tokens, guests }: Pick<Stores, 'sessions' | 'tokens' | 'guests'>,
  principal: Principal,
  clientAddress: string,
): Promise<void> {
  const { credential } = principal
  const by = toActedBy(principal, clientAddress)
  if (credential.kind === 'apiKey') throw new TypeError('a key is not signed out')
  if (credential.kind === 'token') await tokens.revoke(credential.tokenId, by)
  else if (!(await guests.end(principal.accountId, by))) await sessions.end(credential.sessionId, by)
}
