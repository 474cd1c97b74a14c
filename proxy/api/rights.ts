import { GateError } from '../contract/errorCodes.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import type { Permission } from '../contract/permissions.ts'
import { decideAdminister, decideOwn } from '../policy/rights.ts'
import type { Decision } from '../policy/rights.ts'

/*
 * The pipeline has decided about the route already; each resource asks the same rules again, so that a wrong route
 * table opens nothing.
 */

/** @throws GateError AUTH_REQUIRED */
export function requirePrincipal(context: RequestContext): Principal {
  if (context.principal === undefined) throw new GateError('AUTH_REQUIRED', 'Sign in first.')
  return context.principal
}

/** @throws GateError AUTH_REQUIRED, PERMISSION_DENIED */
export const requireAdminister = (context: RequestContext): Principal => requireAllowed(context, decideAdminister)

/**
 * What the role gives and the key, if it is one, reaches: the request's method tells reading from changing.
 * @throws GateError AUTH_REQUIRED, PERMISSION_DENIED
 */
export const requirePermission = (context: RequestContext, permission: Permission): Principal =>
  requireAllowed(context, (principal) => decideOwn(principal, permission, context.method))

function requireAllowed(context: RequestContext, decide: (principal: Principal) => Decision): Principal {
  const principal = requirePrincipal(context)
  const decision = decide(principal)
  if (!decision.allowed) throw new GateError(decision.code, decision.message)
  return principal
}

/** Whether the password must be typed again before something that lasts is made. */
export const needsPasswordAgain = ({ credential }: Principal): boolean =>
  credential.kind === 'token' || (credential.kind === 'session' && credential.surface !== 'owner')
