import type { Kysely, Selectable } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { RoleId } from '../contract/accounts.ts'
import type { AuditEventName, AuditSink, AuditValue } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { RowCache } from '../database/rowCache.ts'
import type { AccountsTable, Schema } from '../database/schema.ts'
import type { SettingsStore } from '../settings/settingsStore.ts'
import { toAccount } from './account.ts'
import type { Account } from './account.ts'
import { toNameKey } from './accountName.ts'
import {
  getAccountRow,
  insertAccount,
  parseName,
  parsePersonName,
  refuseChosenName,
  refuseLosing,
  refuseTakenName,
  refuseUnknownPerson,
  refuseUnknownRole,
} from './accountRows.ts'
import { refuseEndedAuthority } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { endVisits } from './guestRows.ts'
import { withdrawPasswordLinks } from './invitationRows.ts'
import type { PasswordHash } from './passwordHasher.ts'
import { revokeTokensOf } from './tokenRows.ts'

/*
 * People and what proves that somebody is one of them: accounts, passwords, sessions, API keys, and the authenticator
 * over them. Knows the database and the gate's secrets; knows no HTTP beyond what a credential looks like.
 */

export interface AccountStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
  readonly settings: Pick<SettingsStore, 'forgetAccount' | 'reload'>
}

export interface NewAccount {
  readonly name: string
  readonly role: RoleId
  readonly passwordHash?: PasswordHash
  /** Whether the person chose the name: then it may not look like anybody else's. */
  readonly isChosenName?: true
}

export interface AccountChange {
  readonly name?: string | undefined
  readonly role?: RoleId | undefined
  readonly disabled?: boolean | undefined
}

export class AccountStore {
  readonly #options: AccountStoreOptions
  readonly #cache = new RowCache<Account>()

  constructor(options: AccountStoreOptions) {
    this.#options = options
  }

  /** Everybody, oldest account first. */
  async list(): Promise<Account[]> {
    const rows = await this.#options.kysely.selectFrom('accounts').selectAll().orderBy('created_at_ms').execute()
    return rows.map(toAccount)
  }

  /** From memory when nothing was written since. */
  find(id: string): Promise<Account | undefined> {
    return this.#cache.get(id, async () => {
      const row = await this.#options.kysely.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toAccount(row)
    })
  }

  /** The same at once, undefined also when it is not in memory. */
  recall(id: string): Account | undefined {
    return this.#cache.peek(id)
  }

  async findByName(name: string): Promise<Account | undefined> {
    const row = await this.#options.kysely
      .selectFrom('accounts')
      .selectAll()
      .where('name_key', '=', toNameKey(name))
      .executeTakeFirst()
    return row === undefined ? undefined : toAccount(row)
  }

  /** @throws GateError NOT_FOUND */
  async get(id: string): Promise<Account> {
    return (await this.find(id)) ?? refuseUnknownPerson()
  }

  /** @throws GateError NOT_FOUND */
  async getByName(name: string): Promise<Account> {
    return (await this.findByName(name)) ?? refuseUnknownPerson(name)
  }

  /** @throws GateError ALREADY_EXISTS, VALIDATION_FAILED, AUTH_INVALID when `by` may no longer */
  async create(account: NewAccount, by: ActedBy): Promise<Account> {
    const name = parsePersonName(account.name)
    const id = this.#options.random.id(16)
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      if (account.isChosenName === true) await refuseChosenName(transaction, name)
      await insertAccount(transaction, { ...account, id, name, createdAtMs: this.#options.clock.nowMs() })
    })
    this.#changed('account.created', by, { account: id, name, role: account.role })
    return this.get(id)
  }

  /**
   * Changes name, role or access. A disabled account's sessions and tokens end. Whose visit is over stays who they were: what they
   * made is being deleted.
   * @throws GateError NOT_FOUND, ALREADY_EXISTS, LAST_ADMINISTRATOR, PERMISSION_DENIED, AUTH_INVALID when `by` may no longer
   */
  async update(id: string, change: AccountChange, by: ActedBy): Promise<Account> {
    const wanted = change.name === undefined ? undefined : parseName(change.name)
    const before = await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      const current = await getAccountRow(transaction, id)
      const isLosingPower = (change.role !== undefined && change.role !== 'administrator') || change.disabled === true
      if (isLosingPower) await refuseLosing(transaction, current)
      if (change.name !== undefined || change.role !== undefined) refuseEndedVisit(current, this.#options.clock.nowMs())
      const name = wanted === undefined || toNameKey(wanted) === current.name_key ? wanted : parsePersonName(wanted)
      if (change.role !== undefined) await refuseUnknownRole(transaction, change.role)
      if (name !== undefined && toNameKey(name) !== current.name_key) await refuseTakenName(transaction, name)
      await transaction
        .updateTable('accounts')
        .set({
          name: name ?? current.name,
          name_key: toNameKey(name ?? current.name),
          role: change.role ?? current.role,
          disabled: Number(change.disabled ?? current.disabled === 1),
          // Whoever is given another role stays.
          ...(isOther(change.role, current.role) ? { expires_at_ms: null, guest_address: null } : {}),
        })
        .where('id', '=', id)
        .execute()
      // Otherwise it would open again with what is given back.
      if (change.disabled === true || isOther(change.role, current.role)) {
        await withdrawPasswordLinks(transaction, id, this.#options.clock.nowMs())
      }
      if (change.disabled === true) {
        await transaction.deleteFrom('sessions').where('account_id', '=', id).execute()
        await revokeTokensOf(transaction, id, this.#options.clock.nowMs())
      }
      return toAccount(current)
    })
    this.#recordChange(before, { ...change, name: wanted }, by)
    return this.get(id)
  }

  /**
   * Removes the account with its sessions, its keys and what is set for it alone. A guest's visit ends; the account goes when
   * what they made is deleted.
   * @throws GateError NOT_FOUND, LAST_ADMINISTRATOR, PERMISSION_DENIED, AUTH_INVALID when `by` may no longer
   */
  async remove(id: string, by: ActedBy): Promise<void> {
    if (await this.#letGo(id, by)) return
    const removed = await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      const current = await getAccountRow(transaction, id)
      await refuseLosing(transaction, current)
      await transaction.deleteFrom('accounts').where('id', '=', id).execute()
      await this.#options.settings.forgetAccount(transaction, id)
      return current
    })
    await this.#options.settings.reload()
    this.#changed('account.removed', by, { account: id, name: removed.name })
    this.#options.changes.emit('sessions')
    this.#options.changes.emit('keys')
  }

  dropCache(): void {
    this.#cache.drop()
  }

  async #letGo(id: string, by: ActedBy): Promise<boolean> {
    if ((await this.get(id)).guestAddress === null) return false
    const { kysely, clock, changes } = this.#options
    await kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, clock.nowMs())
      await endVisits(transaction, clock.nowMs(), id)
    })
    this.#changed('session.ended', by, { account: id, guest: true })
    changes.emit('sessions')
    return true
  }

  #recordChange(before: Account, change: AccountChange, by: ActedBy): void {
    const account = before.id
    if (change.name !== undefined && change.name !== before.name) {
      this.#changed('account.renamed', by, { account, from: before.name, to: change.name })
    }
    if (change.role !== undefined && change.role !== before.role) {
      this.#options.changes.emit('invitations')
      this.#changed('account.roleChanged', by, { account, name: before.name, from: before.role, to: change.role })
    }
    if (change.disabled !== undefined && change.disabled !== before.disabled) {
      this.#changed(change.disabled ? 'account.disabled' : 'account.enabled', by, { account, name: before.name })
      this.#options.changes.emit('sessions')
      this.#options.changes.emit('invitations')
    }
  }

  #changed(event: AuditEventName, by: ActedBy, details: Record<string, AuditValue>): void {
    this.#cache.drop()
    this.#options.audit.record({ ...by, event, details })
    this.#options.changes.emit('users')
  }
}

const isOther = (role: RoleId | undefined, current: string): boolean => role !== undefined && role !== current

function refuseEndedVisit({ guest_address, expires_at_ms }: Selectable<AccountsTable>, nowMs: number): void {
  if (guest_address === null || expires_at_ms === null || expires_at_ms > nowMs) return
  throw new GateError('NOT_FOUND', 'The visit is over.')
}
