import { findInvitationToken } from '../../../proxy/contract/invitations.ts'

const key = 'gatehouse.invitation'

/**
 * The link's token. It leaves the address bar at once, and with it the history; for the tab's lifetime it stays, because
 * phones load a page again that was in the background.
 */
export function takeInvitationToken(): string | undefined {
  const token = findInvitationToken(window.location.hash)
  try {
    if (token === undefined) return window.sessionStorage.getItem(key) ?? undefined
    window.sessionStorage.setItem(key, token)
  } catch {
    // No storage in this browser: then the address keeps it.
    return token
  }
  window.history.replaceState(null, '', window.location.pathname)
  return token
}

export function forgetInvitationToken(): void {
  try {
    window.sessionStorage.removeItem(key)
  } catch {
    // Nothing was kept.
  }
}
