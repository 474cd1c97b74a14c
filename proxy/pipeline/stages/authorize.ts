import { GateError } from '../../contract/errorCodes.ts'
import { authorize } from '../../policy/authorize.ts'
import type { RouteMatch } from '../../comfyui/routeTable.ts'
import type { Exchange } from '../exchange.ts'

/** What is there without sign-in on administration's port: nobody is invited, let in as a guest or given a token there. */
const OF_ADMINISTRATION = new Set([
  '/login',
  '/logout',
  '/gatehouse/assets/*',
  '/gatehouse/healthz',
  '/gatehouse/api/v1/session',
])

/** Whether administration's port has this route at all, whoever asks. */
export const isOnAdministration = ({ access, pattern }: Pick<RouteMatch, 'access' | 'pattern'>): boolean =>
  access !== 'public' || OF_ADMINISTRATION.has(pattern)

/** @throws GateError AUTH_REQUIRED, AUTH_INVALID, PERMISSION_DENIED or NOT_FOUND */
export function checkAccess(exchange: Exchange, managerFromOtherDevices: boolean): void {
  const { route, method, target, listener, principal, refusedCookie } = exchange
  if (listener === 'administration' && !isOnAdministration(route)) {
    throw new GateError('NOT_FOUND', 'There is nothing at this address.')
  }
  if (refusedCookie !== undefined && route.access !== 'public') throw refusedCookie
  const decision = authorize({
    access: route.access,
    isOwn: route.action === 'own',
    method,
    segments: target.segments,
    listener,
    principal,
    managerFromOtherDevices,
  })
  if (!decision.allowed) throw new GateError(decision.code, decision.message)
}
