import type { SessionAnswer } from '../../../proxy/contract/accounts.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'

/** One's own page. */
const homePath = '/gatehouse/'
/** On the port that is for administrators: the pages of the owner's window. */
const ownerPath = '/gatehouse/owner'

type Arrived = Pick<SessionAnswer, 'permissions' | 'surface'>

/**
 * Where to go after coming in: the page that was wanted, unless it is ComfyUI's and one may not open that. Who builds
 * nothing runs what is ready, which needs no canvas, and on a phone there is no room for one: for them the plain address
 * is their own page.
 */
export function findLandingPath(
  search: string,
  origin: string,
  { permissions, surface }: Arrived,
  isWide: boolean,
): string {
  const wanted = parseNextPath(search, origin)
  if (surface === 'administration') return wanted.startsWith(ownerPath) ? wanted : ownerPath
  if (wanted === '/') return isWide && offersCanvas(permissions) ? wanted : homePath
  return canOpenCanvas(permissions) || wanted.startsWith(homePath) ? wanted : homePath
}

/** Goes there. `wanted`: the query of the sign-in page; an invitation leads to the plain address. */
export function goToLandingPage(arrived: Arrived, wanted = '?next=/'): void {
  // The width from which on the portal has its bar above, as on a desk.
  const isWide = window.matchMedia('(min-width: 621px)').matches
  window.location.replace(findLandingPath(wanted, window.location.origin, arrived, isWide))
}

/** Whether one may open ComfyUI's own page. The gate decides; here it only chooses what to offer. */
export const canOpenCanvas = (permissions: readonly Permission[]): boolean => permissions.includes('canvas')

/** Whether the canvas is offered: who builds nothing runs what is ready, and has no use for it. */
export const offersCanvas = (permissions: readonly Permission[]): boolean =>
  canOpenCanvas(permissions) && permissions.includes('graphs')

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
