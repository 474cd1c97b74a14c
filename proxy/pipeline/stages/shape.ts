import { GateError } from '../../contract/errorCodes.ts'
import { parseQuery } from '../../http/requestTarget.ts'
import type { Exchange } from '../exchange.ts'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * Refuses what the route itself does not take, once it is known that the person may use it.
 * @throws GateError METHOD_NOT_ALLOWED, BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE, PERMISSION_DENIED
 */
export function checkShape({ route, method, target, head, upgrade }: Exchange): void {
  if (!METHODS.has(method)) throw new GateError('METHOD_NOT_ALLOWED', 'That method is not known here.')
  if (route.oddSegment) throw new GateError('BAD_REQUEST', 'The address is encoded twice or hides a path.')
  if (head.contentEncoding !== undefined && head.contentEncoding.trim().toLowerCase() !== 'identity') {
    throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is, not compressed.')
  }
  // A worker registered by a file in our origin would see every later request of the page.
  if (head.serviceWorker !== undefined) throw new GateError('PERMISSION_DENIED', 'Service workers are not used here.')
  if (upgrade !== (route.action === 'webSocket')) {
    throw new GateError(
      'BAD_REQUEST',
      upgrade ? 'There is no WebSocket here.' : 'A WebSocket is opened here, nothing else.',
    )
  }
  if (route.allowed !== undefined && method !== 'OPTIONS') {
    throw new GateError('METHOD_NOT_ALLOWED', 'That method is not known here.', { details: { allow: route.allowed } })
  }
  if (route.uniqueQuery && target.search !== '') checkUniqueKeys(target.search)
}

/** ComfyUI takes the first of two equal keys, another parser the last: neither gets to choose. */
function checkUniqueKeys(search: string): void {
  const names = parseQuery(search).map(([name]) => name)
  if (new Set(names).size !== names.length) throw new GateError('BAD_REQUEST', 'A query key was sent more than once.')
}
