import { findInvitationToken } from '../../../proxy/contract/invitations.ts'
import { createTabMemory } from '../../app/tabMemory.ts'

const memory = createTabMemory('gatehouse.invitation')

/** The link's token. It leaves the address bar at once, and with it the history; for the tab's lifetime it stays. */
export function takeInvitationToken(): string | undefined {
  const token = findInvitationToken(window.location.hash)
  if (token === undefined) return memory.recall()
  // Where nothing can be kept, the address keeps it.
  if (memory.keep(token)) window.history.replaceState(null, '', window.location.pathname)
  return token
}

export const forgetInvitationToken = (): void => memory.forget()
