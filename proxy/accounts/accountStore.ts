import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { accountNameSchema } from '../contract/accounts.ts'
import type { RoleId } from '../contract/accounts.ts'
import type { AuditEventName, AuditSink, AuditValue } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { findMeta, setMeta } from '../database/metaStore.ts'
import { RowCache } from '../database/rowCache.ts'
import type { AccountsTable, Schema } from '../database/schema.ts'
import type { SettingsStore } from '../settings/settingsStore.ts'
import { toNameKey } from './accountName.ts'
import {
  insertAccount,
  parseName,
  parsePersonName,
  refuseChosenName,
  refuseTakenName,
  refuseUnknownRole,
} from './accountRows.ts'
import { refuseEndedAuthority } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { findBcryptCost } from './bcryptHash.ts'
import { endVisits } from './guestRows.ts'
import { withdrawPasswordLinks } from './invitationRows.ts'
import type { PasswordHash } from './passwordHasher.ts'
import { revokeTokensOf } from './tokenRows.ts'

/*
 * People and what proves that somebody is one of them: accounts, passwords, sessions, API keys, and the authenticator
 * over them. Knows the database and the gate's secrets; knows no HTTP beyond what a credential looks like.
 */

/** Somebody who may come in. */
export interface Account {
  readonly id: string
  readonly name: string
  readonly role: RoleId
  readonly disabled: boolean
  readonly hasPassword: boolean
  readonly createdAtMs: number
  readonly lastSeenAtMs: number | null
  /** When it ends by itself; null: never. */
  readonly expiresAtMs: number | null
  /** From where somebody let themselves in, see guests.ts; null: somebody else made the account. */
  readonly guestAddress: string | null
}

/** Whether somebody may come in now. */
export const isUsable = (account: Account | undefined, nowMs: number): account is Account =>
  account?.disabled === false && !isOver(account, nowMs)

/** Whether its time is over. */
export const isOver = ({ expiresAtMs }: Account, nowMs: number): boolean => expiresAtMs !== null && expiresAtMs <= nowMs

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
    return (await this.find(id)) ?? refuseUnknown()
  }

  /** @throws GateError NOT_FOUND */
  async getByName(name: string): Promise<Account> {
    return (await this.findByName(name)) ?? refuseUnknown(name)
  }

  async findPasswordHash(id: string): Promise<PasswordHash | undefined> {
    const row = await this.#options.kysely
      .selectFrom('accounts')
      .select('password_hash')
      .where('id', '=', id)
      .executeTakeFirst()
    return row?.password_hash ?? undefined
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
      const current = await getRow(transaction, id)
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
   * Ends every session and token made with the old password, except `keepSessionId` and the owner's own window, and links
   * for a new one.
   * @throws GateError NOT_FOUND, AUTH_INVALID when `keepSessionId` or what `by` rests on has ended meanwhile
   */
  async setPasswordHash(id: string, hash: PasswordHash, by: ActedBy, keepSessionId?: string): Promise<void> {
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      await getRow(transaction, id)
      if (keepSessionId !== undefined) await refuseEnded(transaction, keepSessionId)
      await transaction.updateTable('accounts').set({ password_hash: hash }).where('id', '=', id).execute()
      await transaction
        .deleteFrom('sessions')
        .where('account_id', '=', id)
        .where('from_owner_window', '=', 0)
        .where('id', '!=', keepSessionId ?? '')
        .execute()
      await revokeTokensOf(transaction, id, this.#options.clock.nowMs())
      await withdrawPasswordLinks(transaction, id, this.#options.clock.nowMs())
    })
    this.#changed('account.passwordChanged', by, { account: id })
    this.#options.changes.emit('sessions')
    this.#options.changes.emit('invitations')
  }

  /** Replaces a hash by a stronger one of the same password, unless the password changed meanwhile. */
  async upgradePasswordHash(id: string, from: PasswordHash, to: PasswordHash): Promise<void> {
    await this.#options.kysely
      .updateTable('accounts')
      .set({ password_hash: to })
      .where('id', '=', id)
      .where('password_hash', '=', from)
      .execute()
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
      const current = await getRow(transaction, id)
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
  async hasAdministratorWithPassword(): Promise<boolean> {
    const row = await this.#options.kysely
      .selectFrom('accounts')
      .select('id')
      .where('role', '=', 'administrator')
      .where('disabled', '=', 0)
      .where('password_hash', 'is not', null)
      .executeTakeFirst()
    return row !== undefined
  }

  /** The account of the person at this computer; undefined until the owner's window was first opened. */
  findOwnerId(): Promise<string | undefined> {
    return findMeta(this.#options.kysely, 'ownerAccountId')
  }

  /**
   * The owner's account: the one remembered, else the oldest administrator who is not disabled, else a new one
   * without a password, named `name` (or `name 2`, …).
   */
  async ensureOwner(name: string): Promise<Account> {
    const known = await this.findOwnerId()
    const owner = known === undefined ? undefined : await this.find(known)
    if (owner !== undefined) return owner
    const candidates = await this.list()
    const oldest = candidates.find((account) => account.role === 'administrator' && !account.disabled)
    const chosen = oldest ?? (await this.#createOwner(name, candidates))
    await setMeta(this.#options.kysely, 'ownerAccountId', chosen.id)
    this.#options.changes.emit('users')
    return chosen
  }

  dropCache(): void {
    this.#cache.drop()
  }

  #createOwner(name: string, existing: readonly Account[]): Promise<Account> {
    const wanted = accountNameSchema.safeParse(name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}:]/gu, ' ').slice(0, 36))
    const base = wanted.success ? wanted.data : 'Owner'
    const taken = new Set(existing.map((account) => toNameKey(account.name)))
    let free = base
    for (let number = 2; taken.has(toNameKey(free)); number += 1) free = `${base} ${number}`
    return this.create({ name: free, role: 'administrator' }, { actor: { kind: 'system' } })
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

function toAccount(row: Selectable<AccountsTable>): Account {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    disabled: row.disabled === 1,
    hasPassword: row.password_hash !== null,
    createdAtMs: row.created_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
    expiresAtMs: row.expires_at_ms,
    guestAddress: row.guest_address,
  }
}

const isOther = (role: RoleId | undefined, current: string): boolean => role !== undefined && role !== current

function refuseUnknown(name?: string): never {
  throw new GateError('NOT_FOUND', name === undefined ? 'There is no such person.' : `There is nobody named ${name}.`)
}

async function getRow(transaction: Transaction<Schema>, id: string): Promise<Selectable<AccountsTable>> {
  const row = await transaction.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? refuseUnknown()
}

function refuseEndedVisit({ guest_address, expires_at_ms }: Selectable<AccountsTable>, nowMs: number): void {
  if (guest_address === null || expires_at_ms === null || expires_at_ms > nowMs) return
  throw new GateError('NOT_FOUND', 'The visit is over.')
}

async function refuseEnded(transaction: Transaction<Schema>, sessionId: string): Promise<void> {
  const row = await transaction.selectFrom('sessions').select('id').where('id', '=', sessionId).executeTakeFirst()
  if (row === undefined) throw new GateError('AUTH_INVALID', 'You are signed out. Sign in again.')
}

async function refuseLosing(transaction: Transaction<Schema>, row: Selectable<AccountsTable>): Promise<void> {
  if ((await findMeta(transaction, 'ownerAccountId')) === row.id) {
    throw new GateError('PERMISSION_DENIED', `${row.name} is the owner of this computer and stays an administrator.`)
  }
  if (row.role !== 'administrator' || row.disabled === 1) return
  const other = await transaction
    .selectFrom('accounts')
    .select('id')
    .where('role', '=', 'administrator')
    .where('disabled', '=', 0)
    .where('id', '!=', row.id)
    .executeTakeFirst()
  if (other !== undefined) return
  throw new GateError('LAST_ADMINISTRATOR', `${row.name} is the last administrator. Make somebody else one first.`)
}
