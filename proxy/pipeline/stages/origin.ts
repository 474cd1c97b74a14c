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
  if (reads && !upgrade && !route.unsafeGet) return
  if (comesFromElsewhere(exchange)) {
    throw new GateError('FOREIGN_ORIGIN', 'This request came from another site, so it was not carried out.')
  }
}

function comesFromElsewhere({ head, method, presentedKind, upgrade }: Exchange): boolean {
  switch (presentedKind) {
    case 'bearer':
    case 'subprotocol':
    case 'queryToken':
      // No page can make a browser add these without knowing the key.
      return false
    case 'basic':
      // A browser that was given user:key@ in an address sends it again by itself, also for a foreign page.
      return isForeignBySignals(head.secFetchSite, head.origin, head.host) === true
    case 'sessionCookie':
    case 'tokenCookie':
    case undefined:
      break
  }
  const foreign = isForeignBySignals(head.secFetchSite, head.origin, head.host)
  if (foreign !== undefined) return foreign
  if (head.referer !== undefined) return !isSameOrigin(originOf(head.referer), head.host)
  // Old browsers and plain HTTP in the LAN: a link from another site sends the Lax cookie on GET and says nothing of
  // where it stands. A tool says nothing either, but does not call itself a browser.
  const isNavigation = method === 'GET' || method === 'HEAD'
  return isNavigation && !upgrade && presentedKind !== undefined && /mozilla\//i.test(head.userAgent ?? '')
}

/** undefined: the request says nothing. */
function isForeignBySignals(site: string | undefined, origin: string | undefined, host: string): boolean | undefined {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (origin !== undefined) return !isSameOrigin(origin, host)
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

/** Host and port must be equal. Schemes are not compared: whichever a page names, on our port nobody else serves one. */
function isSameOrigin(origin: string, host: string): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin)
  return match?.[1]?.toLowerCase() === host.toLowerCase()
}
