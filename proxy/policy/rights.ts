import type { ErrorCode } from '../contract/errorCodes.ts'
import type { Scope } from '../contract/keys.ts'
import { isReserved, permissionWords } from '../contract/permissions.ts'
import type { Permission } from '../contract/permissions.ts'
import type { Credential, Principal } from '../pipeline/requestContext.ts'

/** Whether something may be done; otherwise why not, in words for the person. */
export type Decision =
  { readonly allowed: true } | { readonly allowed: false; readonly code: ErrorCode; readonly message: string }

/** Who asks, as far as it decides anything. */
export type Asking = Pick<Principal, 'role' | 'roleTitle' | 'permissions' | 'credential'>

export const allow: Decision = { allowed: true }
export const deny = (code: ErrorCode, message: string): Decision => ({ allowed: false, code, message })

export const administratorsOnly = deny('PERMISSION_DENIED', 'Only an administrator may do that.')
export const onThisComputer = deny('PERMISSION_DENIED', 'Open Gatehouse on this computer to do that.')
export const missingScope = (scope: Scope): Decision =>
  deny('PERMISSION_DENIED', `This key may not do that: it lacks the scope "${scope}".`)

/** Says which role lacks what, so that the owner knows what to change. */
const missingPermission = (roleTitle: string, permission: Permission): Decision =>
  deny('PERMISSION_DENIED', `People with the role “${roleTitle}” may not ${permissionWords[permission]}.`)

/** Whether a credential reaches as far as one of these scopes; sessions and tokens have no narrower reach than their person. */
export const hasScope = (credential: Credential, scopes: readonly Scope[]): boolean =>
  credential.kind !== 'apiKey' || credential.scopes.some((scope) => scopes.includes(scope))

/**
 * Whether the role gives a permission. Whoever may run any workflow may run those made ready, too; what is reserved is
 * the administrator's alone, whatever stands in a list.
 */
export function holds({ role, permissions }: Pick<Asking, 'role' | 'permissions'>, permission: Permission): boolean {
  if (isReserved(permission)) return role === 'administrator'
  return permissions.has(permission) || (permission === 'workflows' && permissions.has('graphs'))
}

/** Whether something of `before` is gone. */
export function isLess(now: ReadonlySet<Permission>, before: ReadonlySet<Permission>): boolean {
  for (const permission of before) if (!now.has(permission)) return true
  return false
}

/** What is asked for on a route that needs a permission. */
export interface PermissionQuestion {
  readonly permission: Permission
  /** Upper case. */
  readonly method: string
  /** The gate's own API, where a key that administers reaches its own person's things as well. */
  readonly isOwn: boolean
  /** Setting comfyui.managerFromOtherDevices. */
  readonly managerFromOtherDevices: boolean
}

/** Whether the role gives it and the key, if it is one, reaches that far. */
export function decidePermission(principal: Asking, question: PermissionQuestion): Decision {
  const { permission } = question
  if (permission === 'administer') return decideAdminister(principal)
  if (permission === 'manager') return decideManager(principal, question.managerFromOtherDevices)
  if (!holds(principal, permission)) {
    return isReserved(permission) ? administratorsOnly : missingPermission(principal.roleTitle, permission)
  }
  const scopes = scopesFor(question)
  return hasScope(principal.credential, scopes) ? allow : missingScope(scopes[0])
}

type Scopes = readonly [Scope, ...Scope[]]

/** Any one of them is enough; the first is the one to ask for. */
function scopesFor({ permission, method, isOwn }: PermissionQuestion): Scopes {
  if (permission === 'account') return ['keys', 'administer']
  const more: readonly Scope[] = isOwn ? ['administer'] : []
  // What a custom node does when it is only read, nobody knows.
  const isReading = (method === 'GET' || method === 'HEAD') && permission !== 'packs'
  return isReading ? ['read', 'run', ...more] : ['run', ...more]
}

/** One's own things in the gate's API; HTTP's methods tell reading from changing. */
export const decideOwn = (principal: Asking, permission: Permission, method: string): Decision =>
  decidePermission(principal, { permission, method, isOwn: true, managerFromOtherDevices: false })

/**
 * Session riding: a session of the public listener never administers, whoever it belongs to, because ComfyUI's page
 * and other people's JavaScript live on the same origin. Nor does a token, which stands for such a session.
 */
export function decideAdminister({ role, credential }: Pick<Asking, 'role' | 'credential'>): Decision {
  if (role !== 'administrator') return administratorsOnly
  if (credential.kind === 'apiKey') {
    if (credential.workflowId !== undefined) return oneWorkflowOnly
    return hasScope(credential, ['administer']) ? allow : missingScope('administer')
  }
  return credential.kind === 'token' || credential.surface === 'people' ? onThisComputer : allow
}

export const mayAdminister = (principal: Pick<Asking, 'role' | 'credential'>): boolean =>
  decideAdminister(principal).allowed

/** ComfyUI-Manager installs programs, so an administrator's browser alone does not open it from another device. */
export function decideManager(
  { role, credential }: Pick<Asking, 'role' | 'credential'>,
  fromOtherDevices: boolean,
): Decision {
  if (role !== 'administrator') return administratorsOnly
  if (credential.kind === 'apiKey') return hasScope(credential, ['administer']) ? allow : missingScope('administer')
  const isHere = credential.kind === 'session' && credential.fromOwnerWindow
  return isHere || fromOtherDevices ? allow : onThisComputer
}

/** What a key for one workflow hears of everything else. */
export const oneWorkflowOnly = deny('PERMISSION_DENIED', 'This key runs one workflow and reaches nothing else.')

/** The one workflow that the credential is for; undefined: it is not for one alone. */
export const onlyWorkflowOf = ({ credential }: Pick<Asking, 'credential'>): string | undefined =>
  credential.kind === 'apiKey' ? credential.workflowId : undefined
