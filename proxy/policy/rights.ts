import type { ErrorCode } from '../contract/errorCodes.ts'
import type { Scope } from '../contract/keys.ts'
import type { Credential, Principal } from '../pipeline/requestContext.ts'

/** Whether something may be done; otherwise why not, in words for the person. */
export type Decision =
  { readonly allowed: true } | { readonly allowed: false; readonly code: ErrorCode; readonly message: string }

export const allow: Decision = { allowed: true }
export const deny = (code: ErrorCode, message: string): Decision => ({ allowed: false, code, message })

export const administratorsOnly = deny('PERMISSION_DENIED', 'Only an administrator may do that.')
export const onThisComputer = deny('PERMISSION_DENIED', 'Open Gatehouse on this computer to do that.')
export const missingScope = (scope: Scope): Decision =>
  deny('PERMISSION_DENIED', `This key may not do that: it lacks the scope "${scope}".`)

/** Whether a credential reaches as far as one of these scopes; a session has no narrower reach than its person. */
export const hasScope = (credential: Credential, scopes: readonly Scope[]): boolean =>
  credential.kind === 'session' || credential.scopes.some((scope) => scopes.includes(scope))

/**
 * Session riding: a session of the public listener never administers, whoever it belongs to, because ComfyUI's page
 * and other people's JavaScript live on the same origin.
 */
export function decideAdminister({ role, credential }: Principal): Decision {
  if (role !== 'administrator') return administratorsOnly
  if (credential.kind === 'apiKey') return hasScope(credential, ['administer']) ? allow : missingScope('administer')
  return credential.surface === 'owner' ? allow : onThisComputer
}

export const mayAdminister = (principal: Principal): boolean => decideAdminister(principal).allowed

/** ComfyUI-Manager installs programs, so an administrator's browser alone does not open it from another device. */
export function decideManager(
  { role, credential }: Pick<Principal, 'role' | 'credential'>,
  fromOtherDevices: boolean,
): Decision {
  if (role !== 'administrator') return administratorsOnly
  if (credential.kind === 'apiKey') return hasScope(credential, ['administer']) ? allow : missingScope('administer')
  return credential.fromOwnerWindow || fromOtherDevices ? allow : onThisComputer
}

/** One's own account, keys, sessions and what is told of them. */
export const decideOwnThings = ({ credential }: Principal): Decision =>
  hasScope(credential, ['keys', 'administer']) ? allow : missingScope('keys')

const jobScopes: Readonly<Record<'read' | 'run', readonly Scope[]>> = {
  read: ['read', 'run', 'administer'],
  run: ['run', 'administer'],
}

/** Seeing one's own jobs, or holding and cancelling them. */
export const decideJobs = ({ credential }: Principal, scope: 'read' | 'run'): Decision =>
  hasScope(credential, jobScopes[scope]) ? allow : missingScope(scope)
