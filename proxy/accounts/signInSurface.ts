import { GateError } from '../contract/errorCodes.ts'
import type { RequestContext } from '../pipeline/requestContext.ts'

/**
 * What a session is for that is made by signing in here.
 * @throws GateError PERMISSION_DENIED in the owner's window, where nobody signs in
 */
export function findSignInSurface({ listener }: Pick<RequestContext, 'listener'>): 'people' | 'administration' {
  if (listener === 'administration') return listener
  if (listener === 'public') return 'people'
  throw new GateError('PERMISSION_DENIED', 'Signing in with a password works on the address that people use.')
}
