import { GateError } from '../contract/errorCodes.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import { permissionWords } from '../contract/permissions.ts'
import type { Permission } from '../contract/permissions.ts'
import { rolePermissions } from '../contract/roles.ts'
import { decideAdminister, decideJobs, decideOwnThings, deny } from '../policy/rights.ts'
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

/** One's own account, keys and sessions. @throws GateError AUTH_REQUIRED, PERMISSION_DENIED */
export const requireOwnThings = (context: RequestContext): Principal => requireAllowed(context, decideOwnThings)

/** One's own jobs, as on ComfyUI's surface. @throws GateError AUTH_REQUIRED, PERMISSION_DENIED */
export const requireJobs = (context: RequestContext, scope: 'read' | 'run'): Principal =>
  requireAllowed(context, (principal) => decideJobs(principal, scope))

/** What the role gives and the key, if it is one, reaches. @throws GateError AUTH_REQUIRED, PERMISSION_DENIED */
export const requirePermission = (context: RequestContext, permission: Permission): Principal =>
  requireAllowed(context, (principal) => {
    const isReading = context.method === 'GET' || context.method === 'HEAD'
    if (rolePermissions[principal.role].includes(permission)) return decideJobs(principal, isReading ? 'read' : 'run')
    return deny('PERMISSION_DENIED', `You may not ${permissionWords[permission]}.`)
  })

function requireAllowed(context: RequestContext, decide: (principal: Principal) => Decision): Principal {
  const principal = requirePrincipal(context)
  const decision = decide(principal)
  if (!decision.allowed) throw new GateError(decision.code, decision.message)
  return principal
}

/** Whether the password must be typed again before something that lasts is made. */
export const needsPasswordAgain = ({ credential }: Principal): boolean =>
  credential.kind === 'session' && credential.surface !== 'owner'
