import { GateError } from '../contract/errorCodes.ts'
import type { Scope } from '../contract/keys.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'

/**
 * What a principal may do in the API. The pipeline has decided about the route already; each resource asks again, so
 * that a wrong route table opens nothing.
 */

/** @throws GateError AUTH_REQUIRED */
export function requirePrincipal(context: RequestContext): Principal {
  if (context.principal === undefined) throw new GateError('AUTH_REQUIRED', 'Sign in first.')
  return context.principal
}

/**
 * Session riding: a session of the public listener never administers, whoever it belongs to, because ComfyUI's page
 * and other people's JavaScript live on the same origin.
 */
export function mayAdminister(principal: Principal): boolean {
  if (principal.role !== 'administrator') return false
  const { credential } = principal
  return credential.kind === 'session' ? credential.surface === 'owner' : credential.scopes.includes('administer')
}

/** @throws GateError AUTH_REQUIRED, PERMISSION_DENIED */
export function requireAdminister(context: RequestContext): Principal {
  const principal = requirePrincipal(context)
  if (mayAdminister(principal)) return principal
  const isAdministrator = principal.role === 'administrator'
  throw new GateError(
    'PERMISSION_DENIED',
    isAdministrator && principal.credential.kind === 'session'
      ? 'Open Gatehouse on this computer to change this.'
      : isAdministrator
        ? 'This key may not administer. It needs the scope "administer".'
        : 'Only an administrator may do this.',
  )
}

/** One's own account, keys and sessions. @throws GateError AUTH_REQUIRED, PERMISSION_DENIED */
export function requireOwnThings(context: RequestContext): Principal {
  const principal = requirePrincipal(context)
  const { credential } = principal
  const isEnough =
    credential.kind === 'session' || credential.scopes.includes('keys') || credential.scopes.includes('administer')
  if (isEnough) return principal
  throw new GateError(
    'PERMISSION_DENIED',
    'This key may not see or change its person\'s account. It needs the scope "keys".',
  )
}

/** One's own jobs, as on ComfyUI's surface. @throws GateError AUTH_REQUIRED, PERMISSION_DENIED */
export function requireJobs(context: RequestContext, scope: 'read' | 'run'): Principal {
  const principal = requirePrincipal(context)
  const { credential } = principal
  if (credential.kind === 'session') return principal
  const enough: readonly Scope[] = scope === 'read' ? ['read', 'run', 'administer'] : ['run', 'administer']
  if (credential.scopes.some((own) => enough.includes(own))) return principal
  throw new GateError('PERMISSION_DENIED', `This key may not do that: it lacks the scope "${scope}".`)
}

/** Whether the password must be typed again before something that lasts is made. */
export const needsPasswordAgain = ({ credential }: Principal): boolean =>
  credential.kind === 'session' && credential.surface !== 'owner'
