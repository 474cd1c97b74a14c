import type { Kysely, Transaction } from 'kysely'
import type { RoleId } from '../contract/accounts.ts'
import type { AuditEventName, AuditSink, AuditValue } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import { defaultInvitationHours, shortInvitationHours } from '../contract/invitations.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { createSecretToken } from '../core/secretToken.ts'
import { sha256Hex } from '../core/sha256.ts'
import { DAY_MS, HOUR_MS } from '../core/time.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { Schema } from '../database/schema.ts'
import { refuseChosenName, refuseUnknownRole, parsePersonName } from './accountRows.ts'
import { refuseEndedAuthority } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { COMMAND_LINE, isFromThisComputer, isOpen, stateOf, toMaker, withdrawPasswordLinks } from './invitationRows.ts'
import type { Invitation, InvitationRow } from './invitationRows.ts'

export type { Invitation } from './invitationRows.ts'

export interface InvitationsOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
}

export interface NewInvitation {
  readonly role: RoleId
  /** Proposed to whoever comes. */
  readonly name?: string | undefined
  /** null: no limit; undefined: as everybody's. */
  readonly quotaBytes?: number | null | undefined
  readonly hours?: number | undefined
}

export interface MadeInvitation {
  readonly invitation: Invitation
  /** 256 bits; told only here. */
  readonly token: string
}

/** More than a school invites at once; forgotten ones end by themselves. */
const MAX_OPEN = 200
/** How long a link that no longer opens anything stays in the list. */
const KEPT_MS = 7 * DAY_MS
/** What stands in `quota_bytes` for "no limit": the column itself knows "as everybody's". */
export const NO_LIMIT = -1

const ofThisComputer = (what: string): GateError =>
  new GateError(
    'OWNER_ONLY',
    `${what} only in Gatehouse's own window on this computer, or by the command "gatehouse user".`,
  )

/** Links that let somebody in once: makes them, lists them, takes them back. What is done with one: invitationUse.ts. */
export class Invitations {
  readonly #options: InvitationsOptions

  constructor(options: InvitationsOptions) {
    this.#options = options
  }

  /**
   * A link that makes one account. To administer only from this computer, for an hour.
   * @throws GateError OWNER_ONLY, ALREADY_EXISTS for a proposed name that somebody has, VALIDATION_FAILED,
   * QUOTA_EXCEEDED when very many are open, AUTH_INVALID when `by` may no longer
   */
  async invite({ role, name, quotaBytes, hours }: NewInvitation, by: ActedBy): Promise<MadeInvitation> {
    const isReserved = role === 'administrator'
    if (isReserved && !isFromThisComputer(by)) throw ofThisComputer('Administrators are invited')
    const longest = isReserved ? shortInvitationHours : Infinity
    const proposed = name === undefined ? null : parsePersonName(name)
    return this.#make(by, async (transaction) => {
      if (proposed !== null) await refuseChosenName(transaction, proposed)
      await refuseUnknownRole(transaction, role)
      return {
        kind: 'account',
        role,
        name: proposed,
        quota_bytes: quotaBytes === null ? NO_LIMIT : (quotaBytes ?? null),
        hours: Math.min(hours ?? defaultInvitationHours, longest),
      }
    })
  }

  /**
   * A link by which somebody sets a new password, once, within an hour. An earlier one of theirs ends.
   * @throws GateError NOT_FOUND, OWNER_ONLY for an administrator's, AUTH_INVALID when `by` may no longer
   */
  async offerPassword(accountId: string, endKeys: boolean, by: ActedBy): Promise<MadeInvitation> {
    return this.#make(by, async (transaction, nowMs) => {
      const account = await transaction
        .selectFrom('accounts')
        .select(['id', 'name', 'role'])
        .where('id', '=', accountId)
        .where('guest_address', 'is', null)
        .executeTakeFirst()
      if (account === undefined) throw new GateError('NOT_FOUND', 'There is no such person.')
      const isReserved = account.role === 'administrator'
      if (isReserved && !isFromThisComputer(by)) throw ofThisComputer("An administrator's password is renewed")
      await withdrawPasswordLinks(transaction, accountId, nowMs)
      const { id, role, name } = account
      const keys = { end_keys: Number(endKeys) }
      return { kind: 'password', role, name, account_id: id, ...keys, hours: shortInvitationHours }
    })
  }

  /** Newest first; those that no longer open anything for a week. */
  async list(): Promise<Invitation[]> {
    const rows = await selectRows(this.#options.kysely).orderBy('created_at_ms', 'desc').orderBy('id').execute()
    return rows.map((row) => this.#toInvitation(row))
  }

  /** @returns false when there is no open one of that id. @throws GateError AUTH_INVALID when `by` may no longer */
  async withdraw(id: string, by: ActedBy): Promise<boolean> {
    const { kysely, clock } = this.#options
    const nowMs = clock.nowMs()
    const result = await kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, nowMs)
      return transaction
        .updateTable('invitations')
        .set({ withdrawn_at_ms: nowMs })
        .where('id', '=', id)
        .where('used_at_ms', 'is', null)
        .where('withdrawn_at_ms', 'is', null)
        .where('expires_at_ms', '>', nowMs)
        .executeTakeFirst()
    })
    if (result.numUpdatedRows === 0n) return false
    this.#changed('invitation.withdrawn', by, { invitation: id })
    return true
  }

  async #make(
    by: ActedBy,
    prepare: (transaction: Transaction<Schema>, nowMs: number) => Promise<PreparedInvitation>,
  ): Promise<MadeInvitation> {
    const { kysely, clock, random } = this.#options
    const nowMs = clock.nowMs()
    const token = createSecretToken(random)
    const id = random.id(16)
    const row = await kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, nowMs)
      await makeRoom(transaction, nowMs)
      const { hours, ...prepared } = await prepare(transaction, nowMs)
      const times = { created_at_ms: nowMs, expires_at_ms: nowMs + hours * HOUR_MS }
      await transaction
        .insertInto('invitations')
        .values({ id, token_hash: sha256Hex(token), ...unused, ...prepared, ...times, ...toMaker(by) })
        .execute()
      return selectRows(transaction).where('invitations.id', '=', id).executeTakeFirstOrThrow()
    })
    const invitation = this.#toInvitation(row)
    const { kind, role, accountId } = invitation
    const whose = accountId === null ? {} : { account: accountId }
    this.#changed('invitation.created', by, { invitation: id, kind, role, ...whose })
    return { invitation, token }
  }

  #toInvitation(row: ListedRow): Invitation {
    return {
      id: row.id,
      kind: row.kind === 'password' ? 'password' : 'account',
      role: row.role,
      name: row.account_name ?? row.name,
      accountId: row.account_id,
      state: stateOf(row, this.#options.clock.nowMs()),
      createdAtMs: row.created_at_ms,
      expiresAtMs: row.expires_at_ms,
      usedBy: row.used_by === null || row.user_name === null ? undefined : { id: row.used_by, name: row.user_name },
    }
  }

  #changed(event: AuditEventName, by: ActedBy, details: Record<string, AuditValue>): void {
    this.#options.audit.record({ ...by, event, details })
    this.#options.changes.emit('invitations')
  }
}

interface PreparedInvitation {
  readonly kind: 'account' | 'password'
  readonly role: RoleId
  readonly name: string | null
  readonly account_id?: string
  readonly quota_bytes?: number | null
  readonly end_keys?: number
  readonly hours: number
}

const unused = { account_id: null, quota_bytes: null, used_at_ms: null, used_by: null, withdrawn_at_ms: null }

interface ListedRow extends InvitationRow {
  readonly account_name: string | null
  readonly user_name: string | null
}

const selectRows = (kysely: Kysely<Schema> | Transaction<Schema>) =>
  kysely
    .selectFrom('invitations')
    .leftJoin('accounts as offered', 'offered.id', 'invitations.account_id')
    .leftJoin('accounts as user', 'user.id', 'invitations.used_by')
    .selectAll('invitations')
    .select(['offered.name as account_name', 'user.name as user_name'])

async function makeRoom(transaction: Transaction<Schema>, nowMs: number): Promise<void> {
  await transaction
    .deleteFrom('invitations')
    .where('expires_at_ms', '<', nowMs - KEPT_MS)
    .execute()
  const rows = await transaction.selectFrom('invitations').selectAll().where('expires_at_ms', '>', nowMs).execute()
  if (rows.filter((row) => isOpen(row, nowMs)).length < MAX_OPEN) return
  throw new GateError('QUOTA_EXCEEDED', `There are ${MAX_OPEN} open invitations already. Withdraw some of them first.`)
}

export { COMMAND_LINE }
