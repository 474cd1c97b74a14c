import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { createSecretToken, isSecretToken } from '../core/secretToken.ts'
import { sha256Hex } from '../core/sha256.ts'
import type { AuditSink } from '../contract/audit.ts'
import { DAY_MS, HOUR_MS } from '../core/time.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { RowCache } from '../database/rowCache.ts'
import type { Schema, SessionsTable } from '../database/schema.ts'
import type { SessionSurface } from '../pipeline/requestContext.ts'
import type { ActedBy } from './actedBy.ts'
import type { PasswordHash } from './passwordHasher.ts'
import type { UsageRecorder } from './usageRecorder.ts'

export interface Session {
  readonly id: string
  readonly accountId: string
  readonly surface: SessionSurface
  readonly fromOwnerWindow: boolean
  /** Whether it was made over TLS; it works only over the same scheme. */
  readonly secure: boolean
  readonly device: string
  readonly address: string
  readonly createdAtMs: number
  readonly lastUsedAtMs: number
  /** Infinity for the owner's own window, whose sessions end with the app. */
  readonly expiresAtMs: number
}

export interface NewSession {
  readonly accountId: string
  readonly surface: SessionSurface
  readonly fromOwnerWindow: boolean
  readonly secure: boolean
  readonly device: string
  readonly address: string
  /** What its right to a session rests on: another one meanwhile gives none. */
  readonly passwordHash?: PasswordHash
  /** Of somebody who let themselves in. */
  readonly isGuest?: true
  /** The session that it takes the place of: one that has ended meanwhile gives no right to another. */
  readonly replaces?: string
}

export interface SessionStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
  readonly usage: UsageRecorder
  readonly settings: { get(name: 'sessions.idleHours' | 'sessions.absoluteDays'): number }
}

type Row = Selectable<SessionsTable>

/** More signed-in devices than a person has; the one unused for longest makes room for the next. */
const MAX_PER_ACCOUNT = 50

/** Sign-ins of browsers. Only the SHA-256 of a token is stored; reading one costs no SQL after the first time. */
export class SessionStore {
  readonly #options: SessionStoreOptions
  readonly #byToken = new RowCache<Row>()
  readonly #byId = new RowCache<Row>()

  constructor(options: SessionStoreOptions) {
    this.#options = options
  }

  /**
   * A new session, and its token, which is told only here. Beyond 50 of an account the longest unused one ends.
   * @throws GateError SIGN_IN_FAILED when the account was disabled, removed or got another password meanwhile, or the
   * session to replace has ended
   */
  async open(session: NewSession, by: ActedBy): Promise<{ token: string; session: Session }> {
    const token = createSecretToken(this.#options.random)
    const now = this.#options.clock.nowMs()
    const row: Row = {
      id: this.#options.random.id(16),
      token_hash: sha256Hex(token),
      account_id: session.accountId,
      surface: session.surface,
      from_owner_window: Number(session.fromOwnerWindow),
      secure: Number(session.secure),
      device: session.device,
      address: session.address,
      created_at_ms: now,
      last_used_at_ms: now,
    }
    const surplus = await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseDisabled(transaction, session)
      if (session.replaces !== undefined) await endReplaced(transaction, session.replaces)
      await transaction.insertInto('sessions').values(row).execute()
      return endSurplus(transaction, session.accountId)
    })
    if (surplus > 0) {
      const details = { account: session.accountId, sessions: surplus, tooMany: true }
      this.#options.audit.record({ ...by, event: 'session.ended', details })
    }
    if (session.replaces !== undefined) this.#ended(by, { session: session.replaces })
    this.#options.audit.record({
      ...by,
      event: 'session.started',
      details: {
        session: row.id,
        account: session.accountId,
        surface: session.surface,
        device: session.device,
        ...(session.isGuest === true ? { guest: true } : {}),
      },
    })
    this.#options.changes.emit('sessions')
    return { token, session: this.#toSession(row) }
  }

  /** The session that holds now, whatever its account; undefined when unknown or expired. */
  async findByToken(token: string): Promise<Session | undefined> {
    if (!isSecretToken(token)) return undefined
    const hash = sha256Hex(token)
    return this.#toLiving(await this.#byToken.get(hash, () => this.#read('token_hash', hash)))
  }

  /** The same at once, undefined also when it is not in memory. */
  recallByToken(token: string): Session | undefined {
    return isSecretToken(token) ? this.#toLiving(this.#byToken.peek(sha256Hex(token))) : undefined
  }

  async find(id: string): Promise<Session | undefined> {
    return this.#toLiving(await this.#byId.get(id, () => this.#read('id', id)))
  }

  /** Whether anything was asked with it since it was opened; also when it has ended. */
  async wasUsed(id: string): Promise<boolean> {
    const session = await this.find(id)
    if (session === undefined) return true
    return session.lastUsedAtMs > session.createdAtMs || this.#options.usage.findSessionUse(id) !== undefined
  }

  /** Sessions that hold now, newest first; of everybody without an account. */
  async list(accountId?: string): Promise<Session[]> {
    let query = this.#options.kysely.selectFrom('sessions').selectAll().orderBy('created_at_ms', 'desc')
    if (accountId !== undefined) query = query.where('account_id', '=', accountId)
    const rows = await query.execute()
    return rows.flatMap((row) => this.#toLiving(row) ?? [])
  }

  /** @returns false when there was none */
  async end(id: string, by: ActedBy): Promise<boolean> {
    const result = await this.#options.kysely.deleteFrom('sessions').where('id', '=', id).executeTakeFirst()
    if (result.numDeletedRows === 0n) return false
    this.#ended(by, { session: id })
    return true
  }

  /** Ends an account's sessions, but never those of the owner's own window. @returns how many there were */
  async endAllOf(accountId: string, by: ActedBy, keepSessionId?: string): Promise<number> {
    const result = await this.#options.kysely
      .deleteFrom('sessions')
      .where('account_id', '=', accountId)
      .where('from_owner_window', '=', 0)
      .where('id', '!=', keepSessionId ?? '')
      .executeTakeFirst()
    const count = Number(result.numDeletedRows)
    if (count > 0) this.#ended(by, { account: accountId, sessions: count })
    return count
  }

  /** Ends everybody's on administration's port. */
  async endAdministration(by: ActedBy): Promise<void> {
    const result = await this.#options.kysely
      .deleteFrom('sessions')
      .where('surface', '=', 'administration')
      .executeTakeFirst()
    const count = Number(result.numDeletedRows)
    if (count > 0) this.#ended(by, { surface: 'administration', sessions: count })
  }

  /** Ends what the desktop app opened for itself, in this start or an earlier one. */
  async endOwnerWindows(): Promise<void> {
    await this.#options.kysely.deleteFrom('sessions').where('from_owner_window', '=', 1).execute()
    this.#changed()
  }

  /** Deletes rows that have expired. */
  async removeExpired(): Promise<void> {
    const now = this.#options.clock.nowMs()
    await this.#options.kysely
      .deleteFrom('sessions')
      .where('from_owner_window', '=', 0)
      .where((where) =>
        where.or([
          where('created_at_ms', '<=', now - this.#absoluteMs()),
          // Two minutes more than the limit: the last use is written a little later.
          where('last_used_at_ms', '<=', now - this.#idleMs() - 2 * 60_000),
        ]),
      )
      .execute()
  }

  dropCache(): void {
    this.#byToken.drop()
    this.#byId.drop()
  }

  async #read(column: 'id' | 'token_hash', value: string): Promise<Row | undefined> {
    return this.#options.kysely.selectFrom('sessions').selectAll().where(column, '=', value).executeTakeFirst()
  }

  #toLiving(row: Row | undefined): Session | undefined {
    if (row === undefined) return undefined
    const session = this.#toSession(row)
    return session.expiresAtMs > this.#options.clock.nowMs() ? session : undefined
  }

  #toSession(row: Row): Session {
    const lastUsedAtMs = Math.max(row.last_used_at_ms, this.#options.usage.findSessionUse(row.id) ?? 0)
    const fromOwnerWindow = row.from_owner_window === 1
    return {
      id: row.id,
      accountId: row.account_id,
      surface: row.surface === 'owner' || row.surface === 'administration' ? row.surface : 'people',
      fromOwnerWindow,
      secure: row.secure === 1,
      device: row.device,
      address: row.address,
      createdAtMs: row.created_at_ms,
      lastUsedAtMs,
      expiresAtMs: fromOwnerWindow
        ? Number.POSITIVE_INFINITY
        : Math.min(lastUsedAtMs + this.#idleMs(), row.created_at_ms + this.#absoluteMs()),
    }
  }

  #idleMs(): number {
    return this.#options.settings.get('sessions.idleHours') * HOUR_MS
  }

  #absoluteMs(): number {
    return this.#options.settings.get('sessions.absoluteDays') * DAY_MS
  }

  #ended(by: ActedBy, details: Record<string, string | number>): void {
    this.#options.audit.record({ ...by, event: 'session.ended', details })
    this.#changed()
  }

  #changed(): void {
    this.dropCache()
    this.#options.changes.emit('sessions')
  }
}

/** Signing in again and again fills neither the disk nor the list of credentials that is looked through every second. */
async function endSurplus(transaction: Transaction<Schema>, accountId: string): Promise<number> {
  const ofAccount = transaction
    .selectFrom('sessions')
    .select('id')
    .where('account_id', '=', accountId)
    .where('from_owner_window', '=', 0)
  const kept = ofAccount.orderBy('last_used_at_ms', 'desc').orderBy('created_at_ms', 'desc').limit(MAX_PER_ACCOUNT)
  const result = await transaction
    .deleteFrom('sessions')
    .where('account_id', '=', accountId)
    .where('from_owner_window', '=', 0)
    .where('id', 'not in', kept)
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}

/**
 * Disabling an account, or a new password, ends the sessions there are: one that is opened at that moment comes after,
 * so it is looked at in the very transaction that opens it.
 */
async function refuseDisabled(
  transaction: Transaction<Schema>,
  { accountId, passwordHash }: Pick<NewSession, 'accountId' | 'passwordHash'>,
): Promise<void> {
  const account = await transaction
    .selectFrom('accounts')
    .select(['disabled', 'password_hash'])
    .where('id', '=', accountId)
    .executeTakeFirst()
  const isOther = passwordHash !== undefined && account?.password_hash !== passwordHash
  if (account?.disabled === 0 && !isOther) return
  throw changedMeanwhile()
}

/** In the transaction that opens the next one: whoever was signed out at that moment stays so. */
async function endReplaced(transaction: Transaction<Schema>, id: string): Promise<void> {
  const { numDeletedRows } = await transaction.deleteFrom('sessions').where('id', '=', id).executeTakeFirst()
  if (numDeletedRows === 0n) throw changedMeanwhile()
}

const changedMeanwhile = (): GateError =>
  new GateError('SIGN_IN_FAILED', 'This account was changed at this moment. Try again.')
