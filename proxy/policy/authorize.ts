import { assertNever } from '../core/assertNever.ts'
import type { AccessClass } from '../comfyui/routeTable.ts'
import type { Role } from '../contract/accounts.ts'
import type { ListenerName, Principal } from '../pipeline/requestContext.ts'
import {
  administratorsOnly,
  allow,
  decideAdminister,
  decideManager,
  decideOwnThings,
  deny,
  hasScope,
  missingScope,
} from './rights.ts'
import type { Decision } from './rights.ts'

/*
 * proxy/policy/ decides, and nothing else: pure functions of who asks for what. It reads no store and no socket.
 */

export interface AccessQuestion {
  readonly access: AccessClass
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
  const { access, listener, principal } = question
  if (access === 'public') return allow
  if (principal === undefined) return signInFirst
  if (access === 'never') return nothingHere
  const { credential } = principal
  // The owner's session must not work where custom nodes' scripts run, and a people's session not in the owner's window.
  if (credential.kind === 'session' && (credential.surface === 'owner') !== (listener === 'owner')) return wrongSurface
  switch (access) {
    case 'signedIn':
      return allow
    case 'account':
      return decideOwnThings(principal)
    case 'administer':
      return decideAdminister(principal)
    case 'comfyui:read':
    case 'comfyui:run':
    case 'comfyui:administer':
    case 'manager':
      return listener === 'owner' ? nothingHere : decideComfyui(access, principal, question.managerFromOtherDevices)
    default:
      return assertNever(access)
  }
}

function decideComfyui(
  access: 'comfyui:read' | 'comfyui:run' | 'comfyui:administer' | 'manager',
  { role, credential }: Principal,
  managerFromOtherDevices: boolean,
): Decision {
  const refusal = comfyuiRefusals[role]
  if (refusal !== undefined) return deny('PERMISSION_DENIED', refusal)
  if (access === 'comfyui:read') return hasScope(credential, ['read', 'run']) ? allow : missingScope('read')
  if (access === 'manager') return decideManager({ role, credential }, managerFromOtherDevices)
  if (!hasScope(credential, ['run'])) return missingScope('run')
  return access === 'comfyui:run' || role === 'administrator' ? allow : administratorsOnly
}

/** What ComfyUI's surface says to each role; undefined: it is open to them. */
const comfyuiRefusals: Readonly<Record<Role, string | undefined>> = {
  administrator: undefined,
  creator: undefined,
  user: 'Your account runs ready-made workflows, and none has been published yet. Ask the owner of this computer.',
  viewer: 'Your account only looks at what is shared, and nothing has been shared yet. Ask the owner of this computer.',
  guest: 'As a guest you can use what is shared with guests, and nothing has been shared yet.',
}

/** Whether somebody of that role may have workflows run, whatever they asked with. */
export const mayRunPrompts = (role: Role): boolean => comfyuiRefusals[role] === undefined
