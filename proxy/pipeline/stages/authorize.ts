import { GateError } from '../../contract/errorCodes.ts'
import { authorize } from '../../policy/authorize.ts'
import type { Exchange } from '../exchange.ts'

/** @throws GateError AUTH_REQUIRED, AUTH_INVALID, PERMISSION_DENIED or NOT_FOUND */
export function checkAccess(exchange: Exchange, managerFromOtherDevices: boolean): void {
  const { route, method, target, listener, principal, refusedCookie } = exchange
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
