import type { Logger } from '../core/logger.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { toActedBy } from './actedBy.ts'
import type { Stores } from './stores.ts'

export interface SignOutDependencies {
  readonly stores: Pick<Stores, 'sessions' | 'tokens' | 'guests' | 'settings'>
  readonly logger: Logger
  /** Empties the graphics card's memory unless a job needs what is in it. */
  readonly freeIdleMemory: () => Promise<boolean>
}

export interface SignOut {
  readonly principal: Principal
  readonly clientAddress: string
  /** Tokens that the same browser holds beside what it came with. */
  readonly tokenTexts: readonly string[]
}

/** Ends the session or the token of this device. A guest's visit ends with it, and what they made is deleted. */
export async function signOut(
  { stores, logger, freeIdleMemory }: SignOutDependencies,
  { principal, clientAddress, tokenTexts }: SignOut,
): Promise<void> {
  const { sessions, tokens, guests, settings } = stores
  const { credential, accountId } = principal
  const by = toActedBy(principal, clientAddress)
  if (credential.kind === 'apiKey') throw new TypeError('a key is not signed out')
  for (const text of tokenTexts) {
    const token = await tokens.verify(text)
    if (token?.accountId === accountId) await tokens.revoke(token.id, by)
  }
  if (credential.kind === 'token') await tokens.revoke(credential.tokenId, by)
  else if (!(await guests.end(accountId, by))) await sessions.end(credential.sessionId, by)
  if (!settings.get('sessions.freeMemoryOnSignOut')) return
  // Whoever signs out does not wait for it.
  freeIdleMemory().catch((error: unknown) => logger.warn({ err: error }, 'the memory was not emptied at a sign-out'))
}
