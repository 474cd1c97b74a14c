import type { RouteAccess } from '../comfyui/routeTable.ts'
import type { ListenerName, Principal, SessionSurface } from '../pipeline/requestContext.ts'
import { decideOneWorkflow } from './oneWorkflow.ts'
import { allow, decidePermission, deny, onlyWorkflowOf } from './rights.ts'
import type { Decision } from './rights.ts'

/*
 * proxy/policy/ decides, and nothing else: pure functions of who asks for what. It reads no store and no socket.
 */

export interface AccessQuestion {
  readonly access: RouteAccess
  /** Answered by the gate itself, not by ComfyUI. */
  readonly isOwn: boolean
  /** Upper case. */
  readonly method: string
  readonly segments: readonly string[]
  readonly listener: ListenerName
  readonly principal: Principal | undefined
  /** Setting comfyui.managerFromOtherDevices. */
  readonly managerFromOtherDevices: boolean
}

const nothingHere = deny('NOT_FOUND', 'There is nothing at this address.')
const signInFirst = deny('AUTH_REQUIRED', 'Sign in, or send your key in the header "Authorization: Bearer <key>".')
const wrongSurface = deny('AUTH_INVALID', 'This sign-in does not hold here.')

/** Whether a request may go on. What a person may not reach at all looks to them as if it did not exist. */
export function authorize(question: AccessQuestion): Decision {
  const { access, isOwn, method, segments, listener, principal, managerFromOtherDevices } = question
  if (access === 'public') return allow
  if (principal === undefined) return signInFirst
  if (access === 'never') return nothingHere
  const { credential } = principal
  // The owner's session must not work where custom nodes' scripts run, and a people's session not in the owner's window.
  if (credential.kind === 'session' && listenerOf(credential.surface) !== listener) return wrongSurface
  if (credential.kind === 'token' && listener !== 'public') return wrongSurface
  if (listener !== 'public' && !isOwn) return nothingHere
  const workflowId = onlyWorkflowOf(principal)
  const narrow = workflowId === undefined ? allow : decideOneWorkflow(workflowId, { method, segments })
  if (!narrow.allowed || access === 'signedIn') return narrow
  return decidePermission(principal, { permission: access, method, isOwn, managerFromOtherDevices })
}

/** On which listener a session counts that was made there. */
export const listenerOf = (surface: SessionSurface): ListenerName => (surface === 'people' ? 'public' : surface)
