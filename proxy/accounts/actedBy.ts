import type { Transaction } from 'kysely'
import type { AuditActor } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Schema } from '../database/schema.ts'
import type { Credential, Principal } from '../pipeline/requestContext.ts'
import { isLess } from '../policy/rights.ts'
import { toKnownRole } from './knownRole.ts'

/** On whose behalf a store changes something; it goes into the log with the change. */
export interface ActedBy {
  readonly actor: AuditActor
  readonly address?: string
  /** What the right to do so rests on. Absent for the command line and the program itself: nothing ends theirs. */
  readonly authority?: Pick<Principal, 'accountId' | 'role' | 'permissions' | 'credential'>
}

export const commandLine: ActedBy = { actor: { kind: 'commandLine' } }
export const system: ActedBy = { actor: { kind: 'system' } }

export function toActedBy(principal: Principal, address: string): ActedBy {
  const { accountId, name, role, permissions, credential } = principal
  return {
    actor: { kind: 'account', id: accountId, name },
    address,
    authority: { accountId, role, permissions, credential },
  }
}

/**
 * Outliving a revocation: passwords and keys are hashed in lanes where many requests may wait, for seconds. Called in
 * the transaction that writes what was hashed, so that nothing can come between.
 * @throws GateError AUTH_INVALID when the credential has ended, or the account was disabled has another role by now, or that role gives less
 */
export async function refuseEndedAuthority(
  transaction: Transaction<Schema>,
  { authority }: ActedBy,
  nowMs: number,
): Promise<void> {
  if (authority === undefined) return
  const { accountId, role, permissions, credential } = authority
  const account = await transaction
    .selectFrom('accounts')
    .innerJoin('roles', 'roles.id', 'accounts.role')
    .selectAll('roles')
    .where('accounts.id', '=', accountId)
    .where('role', '=', role)
    .where('disabled', '=', 0)
    .executeTakeFirst()
  const rest = await findCredential(transaction, credential, nowMs)
  const isWhole = account !== undefined && !isLess(toKnownRole(account).permissions, permissions)
  if (!isWhole || rest === undefined) {
    throw new GateError('AUTH_INVALID', 'This sign-in or key has ended, or its rights have changed.')
  }
}

/** Something, while it holds. */
function findCredential(transaction: Transaction<Schema>, credential: Credential, nowMs: number): Promise<unknown> {
  switch (credential.kind) {
    case 'session':
      return transaction.selectFrom('sessions').select('id').where('id', '=', credential.sessionId).executeTakeFirst()
    case 'token':
      return transaction
        .selectFrom('tokens')
        .select('id')
        .where('id', '=', credential.tokenId)
        .where('revoked_at_ms', 'is', null)
        .where('expires_at_ms', '>', nowMs)
        .executeTakeFirst()
    case 'apiKey':
      return transaction
        .selectFrom('api_keys')
        .select('id')
        .where('id', '=', credential.keyId)
        .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]))
        .executeTakeFirst()
  }
}
