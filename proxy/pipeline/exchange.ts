import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { GateError } from '../contract/errorCodes.ts'
import { findRoute } from '../comfyui/routeTable.ts'
import type { RouteMatch } from '../comfyui/routeTable.ts'
import { normaliseAddress } from '../core/addresses.ts'
import { readRequestHead } from '../http/headers.ts'
import type { RequestHead } from '../http/headers.ts'
import type { ClientRules } from '../http/peerRules.ts'
import type { Audience } from '../http/problem.ts'
import { parseRequestTarget } from '../http/requestTarget.ts'
import type { ParsedTarget } from '../http/requestTarget.ts'
import { readForwardedClient } from '../network/forwardedClient.ts'
import type { ListenerName, PresentedCredential, Principal, RequestContext } from './requestContext.ts'

/** One request or upgrade on its way through the stages. What was parsed never changes; what stages find out is added. */
export interface Exchange extends RequestContext {
  readonly upgrade: boolean
  readonly head: RequestHead
  readonly target: ParsedTarget
  readonly route: RouteMatch
  /** The port on which the request came in. */
  readonly localPort: number
  /** The state of all credentials when this began; see `PresenceRegistry.revision`. */
  readonly revision: number
  /** Sent by a proxy that the owner trusts: `clientAddress`, `secure` and `head.host` are what it says of its client. */
  readonly throughProxy: boolean
  principal: Principal | undefined
  presentedKind: PresentedCredential['kind'] | undefined
  /** Why the session cookie did not hold. Public routes live with that, everything else is refused with it. */
  refusedCookie: GateError | undefined
  /** What it sends of a sign-in is not looked at: it came where others can read along. */
  ignoresCredentials: boolean
}

const OWN_PAGES = ['gatehouse']

/** ComfyUI is nowhere but on the people's listener: on administration's the bare address leads to the gate's own pages. */
export const segmentsOn = (
  listener: ListenerName,
  { path, segments }: Pick<ParsedTarget, 'path' | 'segments'>,
): readonly string[] => (listener === 'administration' && path === '/' ? OWN_PAGES : segments)

/** @throws GateError BAD_REQUEST for wrong framing or a wrong target; the connection must then be closed */
export function openExchange(
  request: IncomingMessage,
  at: Pick<Exchange, 'listener' | 'upgrade' | 'revision'> & { readonly clientRules?: ClientRules | undefined },
): Exchange {
  const method = request.method ?? ''
  const sent = readRequestHead({ method, httpVersion: request.httpVersion, rawHeaders: request.rawHeaders })
  const { head, ...client } = findClient(request, sent, at)
  const target = parseRequestTarget(request.url ?? '')
  return {
    listener: at.listener,
    upgrade: at.upgrade,
    revision: at.revision,
    ...client,
    localPort: request.socket.localPort ?? 0,
    host: head.host,
    method,
    head,
    target,
    route: findRoute(segmentsOn(at.listener, target), method),
    principal: undefined,
    presentedKind: undefined,
    refusedCookie: undefined,
    ignoresCredentials: false,
  }
}

type ClientOf = Pick<Exchange, 'clientAddress' | 'secure' | 'head' | 'throughProxy'>

/** Who asks: the other side of the socket, or whom that one names if the owner trusts it to. */
function findClient(
  { socket }: IncomingMessage,
  head: RequestHead,
  { listener, clientRules }: Parameters<typeof openExchange>[1],
): ClientOf {
  const peer = normaliseAddress(socket.remoteAddress ?? '')
  const secure = socket instanceof TLSSocket
  if (clientRules === undefined || listener === 'owner' || !clientRules.isTrustedProxy(peer)) {
    return { clientAddress: peer, secure, head, throughProxy: false }
  }
  const client = readForwardedClient(peer, head, (address) => clientRules.isTrustedProxy(address))
  return {
    clientAddress: client.address,
    // The browser's way counts, for its cookies too; a proxy that says nothing was reached as it reaches us.
    secure: client.secure ?? secure,
    head: client.host === undefined ? head : { ...head, host: client.host },
    throughProxy: true,
  }
}

/** How to tell this client that it was refused. */
export function audienceOf({ upgrade, route, method, head }: Exchange): Audience {
  if (upgrade) return 'upgrade'
  if (route.action === 'prompt' && method === 'POST') return 'prompt'
  const readsPages = (method === 'GET' || method === 'HEAD') && head.accept.includes('text/html')
  const navigates = head.secFetchMode === undefined || head.secFetchMode === 'navigate'
  return readsPages && navigates ? 'page' : 'api'
}
