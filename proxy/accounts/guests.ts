import type { Kysely, Transaction } from 'kysely'
import type { AuditSink } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { HOUR_MS } from '../core/time.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { Schema } from '../database/schema.ts'
import type { SettingsStore } from '../settings/settingsStore.ts'
import { writeAccount } from './accountRows.ts'
import { system } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { toNameKey } from './accountName.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './accountStore.ts'
import { describeDevice } from './deviceName.ts'
import { GuestEntries, refuseWhenFull } from './guestLimits.ts'
import type { GuestQuota, PresentGuest } from './guestLimits.ts'
import { endVisits } from './guestRows.ts'
import type { Session, SessionStore } from './sessionStore.ts'

export interface GuestRequest {
  readonly clientAddress: string
  readonly secure: boolean
  /** The client's User-Agent, kept only in words. */
  readonly userAgent: string | undefined
}

export interface GuestsOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
  readonly settings: Pick<SettingsStore, 'get' | 'forgetAccount' | 'reload'>
  readonly accounts: Pick<AccountStore, 'get' | 'dropCache'>
  readonly sessions: Pick<SessionStore, 'open'>
}

/**
 * People who let themselves in: an account with the role guest, a number for a name and no password. It is one of these,
 * and nothing else is, when it has `guest_address`. Whatever ends a visit sets `expires_at_ms`; what they made is deleted
 * after that, see guestSweep.ts.
 */
export class Guests {
  readonly #options: GuestsOptions
  readonly #entries: GuestEntries

  constructor(options: GuestsOptions) {
    this.#options = options
    this.#entries = new GuestEntries(options.clock)
  }

  get isOpen(): boolean {
    return this.#options.settings.get('guests.allowed')
  }

  /** When somebody who came in now would go; null: when they leave or somebody lets them go. */
  nextEndMs(): number | null {
    const hours = this.#options.settings.get('guests.hours')
    return hours === null ? null : this.#options.clock.nowMs() + hours * HOUR_MS
  }

  /**
   * Refuses before anything of the request is read: the cheapest way to say no.
   * @throws GateError PERMISSION_DENIED while no guests are let in, RATE_LIMITED, QUOTA_EXCEEDED in words
   */
  async refuseEarly(clientAddress: string): Promise<void> {
    this.#refuseNow(clientAddress)
    refuseWhenFull(await this.#readPresent(this.#options.kysely), clientAddress, this.#quota(), this.#now())
  }

  /** A new guest and their session; no password is hashed. @throws GateError as `refuseEarly` */
  async letIn(request: GuestRequest): Promise<{ token: string; session: Session; account: Account }> {
    const { clientAddress } = request
    this.#refuseNow(clientAddress)
    // Counted before anything is awaited: many at once are no way around it.
    this.#entries.record(clientAddress)
    const entered = await this.#enter(request, await this.#create(clientAddress))
    // Who was let in while the switch went over comes after those whom it sent away.
    if (!this.isOpen) await this.end(entered.account.id, system)
    return entered
  }

  /**
   * A guest whom somebody let in by hand, until then: whether or not the door is open to all, and however many are here.
   */
  async welcome(
    request: GuestRequest,
    endsAtMs: number,
  ): Promise<{ token: string; session: Session; account: Account }> {
    return this.#enter(request, await this.#createWelcome(request.clientAddress, endsAtMs))
  }

  async #enter(
    { clientAddress, secure, userAgent }: GuestRequest,
    { id, name }: { readonly id: string; readonly name: string },
  ): Promise<{ token: string; session: Session; account: Account }> {
    const { accounts, sessions, audit, changes } = this.#options
    const by: ActedBy = { actor: { kind: 'account', id, name }, address: clientAddress }
    audit.record({ ...by, event: 'account.created', details: { account: id, name, role: 'guest', guest: true } })
    accounts.dropCache()
    changes.emit('users')
    const { token, session } = await sessions.open(
      {
        accountId: id,
        surface: 'people',
        fromOwnerWindow: false,
        secure,
        device: describeDevice(userAgent),
        address: clientAddress,
        isGuest: true,
      },
      by,
    )
    return { token, session, account: await accounts.get(id) }
  }

  /** Ends a visit now. @returns false when that is nobody who let themselves in */
  async end(accountId: string, by: ActedBy): Promise<boolean> {
    return (await this.#end(by, accountId)) > 0
  }

  /** Of those who let themselves in; whom somebody let in stays. @returns how many there were */
  async endAll(by: ActedBy): Promise<number> {
    return this.#end(by)
  }

  /** Whose visit is over and what of them is still there. */
  async listEnded(): Promise<{ id: string; name: string }[]> {
    return this.#options.kysely
      .selectFrom('accounts')
      .select(['id', 'name'])
      .where('guest_address', 'is not', null)
      .where('expires_at_ms', '<=', this.#now())
      .execute()
  }

  /** Whether that is still somebody whose visit is over. */
  async hasEnded(accountId: string): Promise<boolean> {
    return (await this.listEnded()).some(({ id }) => id === accountId)
  }

  /** Deletes the account of a visit that is over, with everything the database knows of it. Their files are gone by then. */
  async forget(accountId: string): Promise<void> {
    const { kysely, audit, changes, accounts, settings } = this.#options
    const gone = await kysely.transaction().execute(async (transaction) => {
      const deleted = await transaction
        .deleteFrom('accounts')
        .where('id', '=', accountId)
        .where('guest_address', 'is not', null)
        .where('expires_at_ms', '<=', this.#now())
        .returning('name')
        .executeTakeFirst()
      if (deleted !== undefined) await settings.forgetAccount(transaction, accountId)
      return deleted
    })
    if (gone === undefined) return
    await settings.reload()
    audit.record({ ...system, event: 'account.removed', details: { account: accountId, name: gone.name, guest: true } })
    accounts.dropCache()
    changes.emit('users')
  }

  #refuseNow(clientAddress: string): void {
    if (!this.isOpen) throw new GateError('PERMISSION_DENIED', 'Guests are not let in here. Sign in with your name.')
    this.#entries.refuseTooMany(clientAddress, this.#quota())
  }

  #create(clientAddress: string): Promise<{ id: string; name: string }> {
    return this.#options.kysely.transaction().execute(async (transaction) => {
      refuseWhenFull(await this.#readPresent(transaction), clientAddress, this.#quota(), this.#now())
      return this.#insert(transaction, { expires_at_ms: this.nextEndMs(), guest_address: clientAddress, let_in: 0 })
    })
  }

  #createWelcome(clientAddress: string, endsAtMs: number): Promise<{ id: string; name: string }> {
    return this.#options.kysely
      .transaction()
      .execute((transaction) =>
        this.#insert(transaction, { expires_at_ms: endsAtMs, guest_address: clientAddress, let_in: 1 }),
      )
  }

  async #insert(
    transaction: Transaction<Schema>,
    visit: { expires_at_ms: number | null; guest_address: string; let_in: number },
  ): Promise<{ id: string; name: string }> {
    const id = this.#options.random.id(16)
    const name = await findFreeName(transaction)
    await writeAccount(transaction, { id, name, role: 'guest', createdAtMs: this.#now() }, visit)
    return { id, name }
  }

  async #readPresent(kysely: Kysely<Schema> | Transaction<Schema>): Promise<PresentGuest[]> {
    const rows = await kysely
      .selectFrom('accounts')
      .select(['guest_address', 'expires_at_ms'])
      .where('guest_address', 'is not', null)
      .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', this.#now())]))
      .execute()
    return rows.map((row) => ({ address: row.guest_address ?? '', expiresAtMs: row.expires_at_ms }))
  }

  async #end(by: ActedBy, accountId?: string): Promise<number> {
    const { kysely, audit, changes, accounts } = this.#options
    const ended = await kysely.transaction().execute((transaction) => endVisits(transaction, this.#now(), accountId))
    if (ended.length === 0) return 0
    for (const account of ended) audit.record({ ...by, event: 'session.ended', details: { account, guest: true } })
    accounts.dropCache()
    changes.emit('users')
    changes.emit('sessions')
    return ended.length
  }

  #quota(): GuestQuota {
    const { settings } = this.#options
    return { perAddress: settings.get('guests.perAddress'), total: settings.get('guests.total') }
  }

  #now(): number {
    return this.#options.clock.nowMs()
  }
}

async function findFreeName(transaction: Transaction<Schema>): Promise<string> {
  const rows = await transaction
    .selectFrom('accounts')
    .select('name_key')
    .where('name_key', 'like', 'guest %')
    .execute()
  const taken = new Set(rows.map(({ name_key }) => name_key))
  let number = 1
  while (taken.has(toNameKey(`Guest ${number}`))) number += 1
  return `Guest ${number}`
}
