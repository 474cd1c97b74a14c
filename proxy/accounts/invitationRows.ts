import type { Kysely, Selectable, Transaction } from 'kysely'
import type { RoleId } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { InvitationsTable, Schema } from '../database/schema.ts'
import type { ActedBy } from './actedBy.ts'

export type InvitationRow = Selectable<InvitationsTable>

export interface Invitation {
  readonly id: string
  readonly kind: 'account' | 'password'
  readonly role: RoleId
  /** Proposed, or of the account whose password it is. */
  readonly name: string | null
  readonly accountId: string | null
  readonly state: 'open' | 'used' | 'expired' | 'withdrawn'
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly usedBy: { readonly id: string; readonly name: string } | undefined
}

/** What stands for the account when the command line invites. */
export const COMMAND_LINE = 'commandLine'

/** One refusal for a link that never was, one that was used, withdrawn or is too old, and one whose maker may no longer. */
export const invalidInvitation = (): GateError =>
  new GateError(
    'INVITATION_INVALID',
    'This link does not let anybody in: it was used, it is too old, or it was taken back. Ask for a new one.',
  )

export const isOpen = (row: InvitationRow, nowMs: number): boolean =>
  row.used_at_ms === null && row.withdrawn_at_ms === null && row.expires_at_ms > nowMs

export function stateOf(row: InvitationRow, nowMs: number): Invitation['state'] {
  if (row.used_at_ms !== null) return 'used'
  if (row.withdrawn_at_ms !== null) return 'withdrawn'
  return row.expires_at_ms > nowMs ? 'open' : 'expired'
}

/** Only from the owner's window or the command line: whoever administers can do everything. */
export const isFromThisComputer = ({ authority }: ActedBy): boolean =>
  authority === undefined || (authority.credential.kind === 'session' && authority.credential.surface === 'owner')

/** Id of who invites, to look at again when it is used. */
export function toMaker(by: ActedBy): { created_by: string; key_id: string | null } {
  const { authority, actor } = by
  if (authority === undefined) {
    if (actor.kind === 'commandLine') return { created_by: COMMAND_LINE, key_id: null }
    throw new TypeError('nobody invites')
  }
  const { credential } = authority
  return { created_by: authority.accountId, key_id: credential.kind === 'apiKey' ? credential.keyId : null }
}

/**
 * Outliving one's rights: an invitation is as good as who made it is when it is used. One made with a key goes with the
 * key (when it is revoked, the row does), one of somebody who administers no longer opens nothing.
 */
export async function hasMaker(
  kysely: Kysely<Schema> | Transaction<Schema>,
  row: InvitationRow,
  nowMs: number,
): Promise<boolean> {
  if (row.created_by === COMMAND_LINE) return true
  if (row.key_id !== null && !(await holdsKey(kysely, row.key_id, nowMs))) return false
  const maker = await kysely
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', row.created_by)
    .where('role', '=', 'administrator')
    .where('disabled', '=', 0)
    .executeTakeFirst()
  return maker !== undefined
}

async function holdsKey(kysely: Kysely<Schema> | Transaction<Schema>, id: string, nowMs: number): Promise<boolean> {
  const key = await kysely
    .selectFrom('api_keys')
    .select('id')
    .where('id', '=', id)
    .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]))
    .executeTakeFirst()
  return key !== undefined
}

/** Ends every link for a new password of an account, in the transaction that gives it one or takes something from it. */
export async function withdrawPasswordLinks(
  transaction: Transaction<Schema>,
  accountId: string,
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('invitations')
    .set({ withdrawn_at_ms: nowMs })
    .where('account_id', '=', accountId)
    .where('used_at_ms', 'is', null)
    .where('withdrawn_at_ms', 'is', null)
    .execute()
}

/** Takes it for good. @throws GateError INVITATION_INVALID when somebody else was faster */
export async function consume(
  transaction: Transaction<Schema>,
  row: InvitationRow,
  use: { readonly accountId: string; readonly nowMs: number },
): Promise<void> {
  const taken = await transaction
    .updateTable('invitations')
    .set({ used_at_ms: use.nowMs, used_by: use.accountId })
    .where('id', '=', row.id)
    .where('used_at_ms', 'is', null)
    .where('withdrawn_at_ms', 'is', null)
    .where('expires_at_ms', '>', use.nowMs)
    .executeTakeFirst()
  if (taken.numUpdatedRows !== 1n) throw invalidInvitation()
}
