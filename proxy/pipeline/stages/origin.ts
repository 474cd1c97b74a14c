import { GateError } from '../../contract/errorCodes.ts'
import type { Exchange } from '../exchange.ts'

/**
 * Cross-site request forgery: a foreign page makes the browser send a request, and the browser adds the cookie by
 * itself. Whatever changes something must come from our own page or from no page at all.
 * @throws GateError FOREIGN_ORIGIN
 */
export function checkOrigin(exchange: Exchange): void {
  const { method, upgrade, route } = exchange
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  if (reads && !upgrade && !route.unsafeGet && !mustBeOwnPage(exchange)) return
  if (comesFromElsewhere(exchange)) {
    throw new GateError('FOREIGN_ORIGIN', 'This request came from another site, so it was not carried out.')
  }
}

/**
 * Cookies know no ports: a page of the people's listener, where other people's scripts run, is of the same site as
 * administration's, and its browser sends that cookie along. So there even reading is for its own pages.
 */
const mustBeOwnPage = ({ listener, presentedKind, head }: Exchange): boolean =>
  listener === 'administration' && presentedKind === 'sessionCookie' && head.secFetchMode !== 'navigate'

function comesFromElsewhere(exchange: Exchange): boolean {
  const { head, method, presentedKind, upgrade } = exchange
  switch (presentedKind) {
    case 'bearer':
    case 'subprotocol':
    case 'queryToken':
      // No page can make a browser add these without knowing the key.
      return false
    case 'basic':
      // A browser that was given user:key@ in an address sends it again by itself, also for a foreign page.
      return isForeignBySignals(exchange) === true
    case 'sessionCookie':
    case 'tokenCookie':
    case undefined:
      break
  }
  const foreign = isForeignBySignals(exchange)
  if (foreign !== undefined) return foreign
  if (head.referer !== undefined) return !isSameOrigin(originOf(head.referer), exchange)
  // Old browsers and plain HTTP in the LAN: a link from another site sends the Lax cookie on GET and says nothing of
  // where it stands. A tool says nothing either, but does not call itself a browser.
  const isNavigation = method === 'GET' || method === 'HEAD'
  return isNavigation && !upgrade && presentedKind !== undefined && /mozilla\//i.test(head.userAgent ?? '')
}

/** undefined: the request says nothing. */
function isForeignBySignals(exchange: Exchange): boolean | undefined {
  const { secFetchSite: site, origin } = exchange.head
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (origin !== undefined) return !isSameOrigin(origin, exchange)
  return undefined
}

function originOf(referer: string): string {
  try {
    return new URL(referer).origin
  } catch {
    // Not an address: nobody's origin.
    return 'null'
  }
}

/**
 * Host and port must be equal. Under TLS the scheme, too: plain HTTP is spoken on the same port, where whoever is in the
 * same network can put a page of their own under our name. Without TLS either scheme is ours: nobody else has the port.
 */
function isSameOrigin(origin: string, { head, secure }: Exchange): boolean {
  const [, scheme = '', host] = /^(https?):\/\/([^/]+)$/i.exec(origin) ?? []
  return host?.toLowerCase() === head.host.toLowerCase() && (!secure || scheme.toLowerCase() === 'https')
}
