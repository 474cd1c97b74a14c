import { GateError } from '../contract/errorCodes.ts'
import type { Scope } from '../contract/keys.ts'
import type { Account } from './account.ts'

/** Refuses a key that promises more than its person's role gives. @throws GateError VALIDATION_FAILED */
export function checkHolderScopes(scopes: readonly Scope[], { name, role }: Pick<Account, 'name' | 'role'>): void {
  if (!scopes.includes('administer') || role === 'administrator') return
  throw new GateError('VALIDATION_FAILED', `${name} is no administrator, so the key cannot administer.`)
}
