import type { Role } from '../../../proxy/contract/accounts.ts'

/** One's own page. */
const homePath = '/gatehouse/'

/** Where to go after signing in: the page that was wanted, unless it is ComfyUI's and the role has nothing to do there. */
export function findLandingPath(search: string, origin: string, role: Role): string {
  const wanted = parseNextPath(search, origin)
  return canOpenCanvas(role) || wanted.startsWith(homePath) ? wanted : homePath
}

/** Whether the role may use ComfyUI's own page. The gate decides; here it only chooses what to offer. */
export const canOpenCanvas = (role: Role): boolean => role === 'creator' || role === 'administrator'

/**
 * The page somebody wanted before signing in, if it is one of this address: nothing else may be the target of a sign-in.
 * `//host`, `/\host` and control characters are how open redirects are made.
 */
function parseNextPath(search: string, origin: string): string {
  const wanted = new URLSearchParams(search).get('next')
  if (wanted === null || !wanted.startsWith('/') || !/^[\x21-\x7e]*$/.test(wanted)) return homePath
  try {
    const target = new URL(wanted, origin)
    // `/..//host` comes out as `//host`: another host, once it is read again.
    if (target.origin !== origin || target.pathname.startsWith('//')) return homePath
    if (target.pathname === '/login') return homePath
    return `${target.pathname}${target.search}${target.hash}`
  } catch {
    // Not an address at all.
    return homePath
  }
}
