/** Where one goes without a wish: one's own page. */
export const homePath = '/gatehouse/'

/**
 * The page somebody wanted before signing in, if it is one of this address: nothing else may be the target of a sign-in.
 * `//host`, `/\host` and control characters are how open redirects are made.
 */
export function parseNextPath(search: string, origin: string): string {
  const wanted = new URLSearchParams(search).get('next')
  if (wanted === null || !wanted.startsWith('/') || !/^[\x21-\x7e]*$/.test(wanted)) return homePath
  try {
    const target = new URL(wanted, origin)
    if (target.origin !== origin || target.pathname === '/login') return homePath
    return `${target.pathname}${target.search}${target.hash}`
  } catch {
    // Not an address at all.
    return homePath
  }
}
