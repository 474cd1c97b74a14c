import type { Kysely, Transaction } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { AuditSink } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { Schema } from '../database/schema.ts'
import { getAccountRow } from './accountRows.ts'
import { refuseEndedAuthority } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { findBcryptCost } from './bcryptHash.ts'
import { withdrawPasswordLinks } from './invitationRows.ts'
import type { PasswordHash } from './passwordHasher.ts'
import { revokeTokensOf } from './tokenRows.ts'

export interface PasswordHashesOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly audit: AuditSink
  readonly changes: ChangeFeed
}

/** The hashes of people's passwords as they are stored, and what ends with a password. Sees no password. */
export class PasswordHashes {
  readonly #options: PasswordHashesOptions

  constructor(options: PasswordHashesOptions) {
    this.#options = options
  }

  async find(accountId: string): Promise<PasswordHash | undefined> {
    const row = await this.#options.kysely
      .selectFrom('accounts')
      .select('password_hash')
      .where('id', '=', accountId)
      .executeTakeFirst()
    return row?.password_hash ?? undefined
  }

  /**
   * Ends every session and token made with the old password, except `keepSessionId` and the owner's own window, and links
   * for a new one.
   * @throws GateError NOT_FOUND, AUTH_INVALID when `keepSessionId` or what `by` rests on has ended meanwhile
   */
  async set(accountId: string, hash: PasswordHash, by: ActedBy, keepSessionId?: string): Promise<void> {
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      await getAccountRow(transaction, accountId)
      if (keepSessionId !== undefined) await refuseEnded(transaction, keepSessionId)
      await transaction.updateTable('accounts').set({ password_hash: hash }).where('id', '=', accountId).execute()
      await transaction
        .deleteFrom('sessions')
        .where('account_id', '=', accountId)
        .where('from_owner_window', '=', 0)
        .where('id', '!=', keepSessionId ?? '')
        .execute()
      await revokeTokensOf(transaction, accountId, this.#options.clock.nowMs())
      await withdrawPasswordLinks(transaction, accountId, this.#options.clock.nowMs())
    })
    this.#options.audit.record({ ...by, event: 'account.passwordChanged', details: { account: accountId } })
    this.#options.changes.emit('users')
    this.#options.changes.emit('sessions')
    this.#options.changes.emit('invitations')
  }

  /** Replaces a hash by a stronger one of the same password, unless the password changed meanwhile. */
  async upgrade(accountId: string, from: PasswordHash, to: PasswordHash): Promise<void> {
    await this.#options.kysely
      .updateTable('accounts')
      .set({ password_hash: to })
      .where('id', '=', accountId)
      .where('password_hash', '=', from)
      .execute()
  }

  /** The highest cost of the bcrypt hashes that were imported and that no sign-in has replaced; undefined: there is none. */
  async findImportedCost(): Promise<number | undefined> {
    const rows = await this.#options.kysely
      .selectFrom('accounts')
      .select('password_hash')
      .where('password_hash', 'like', '$2%')
      .execute()
    const costs = rows.flatMap((row) => findBcryptCost(row.password_hash ?? '') ?? [])
    return costs.length === 0 ? undefined : Math.max(...costs)
  }

  /** Whether there is an administrator who can say a password. */
  async hasAdministrator(): Promise<boolean> {
    const row = await this.#options.kysely
      .selectFrom('accounts')
      .select('id')
      .where('role', '=', 'administrator')
      .where('disabled', '=', 0)
      .where('password_hash', 'is not', null)
      .executeTakeFirst()
    return row !== undefined
  }
}

async function refuseEnded(transaction: Transaction<Schema>, sessionId: string): Promise<void> {
  const row = await transaction.selectFrom('sessions').select('id').where('id', '=', sessionId).executeTakeFirst()
  if (row === undefined) throw new GateError('AUTH_INVALID', 'You are signed out. Sign in again.')
}
