import type { Transaction } from 'kysely'
import { GateError } from '../contract/errorCodes.ts'
import { sha256Hex } from '../core/sha256.ts'
import type { Schema } from '../database/schema.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './accountStore.ts'
import { insertAccount, parsePersonName, refuseChosenName } from './accountRows.ts'
import type { ActedBy } from './actedBy.ts'
import type { ApiKeyStore } from './apiKeyStore.ts'
import { describeDevice } from './deviceName.ts'
import { FewTries, toSource } from './fewTries.ts'
import { consume, hasMaker, invalidInvitation, isOpen } from './invitationRows.ts'
import type { InvitationRow } from './invitationRows.ts'
import { NO_LIMIT } from './invitations.ts'
import type { InvitationsOptions } from './invitations.ts'
import type { PasswordHash } from './passwordHasher.ts'
import type { Passwords } from './passwords.ts'
import type { Session, SessionStore } from './sessionStore.ts'
import { revokeTokensOf } from './tokenRows.ts'

export interface InvitationUseOptions extends InvitationsOptions {
  readonly accounts: Pick<AccountStore, 'get' | 'dropCache'>
  readonly sessions: Pick<SessionStore, 'open'>
  readonly keys: Pick<ApiKeyStore, 'revokeAllOf'>
  readonly passwords: Pick<Passwords, 'hashNew'>
}

/** Who holds a link, and from where. */
export interface InvitationTry {
  readonly token: string
  readonly clientAddress: string
}

export interface Acceptance extends InvitationTry {
  /** Not asked for when it is only a password that is new. */
  readonly name: string | undefined
  readonly password: string
  readonly secure: boolean
  /** The client's User-Agent, kept only in words. */
  readonly userAgent: string | undefined
}

export interface OfferedInvitation {
  readonly kind: 'account' | 'password'
  readonly name: string | null
  readonly role: string
  readonly expiresAtMs: number
}

/** Tokens cannot be guessed; this keeps whoever tries from asking the database all day. */
const WRONG_TRIES = { tries: 10, perMs: 10 * 60_000 }

/** What whoever holds a link does with it: look at what it offers, and take it, once. */
export class InvitationUse {
  readonly #options: InvitationUseOptions
  readonly #tries: FewTries

  constructor(options: InvitationUseOptions) {
    this.#options = options
    this.#tries = new FewTries(options.clock, WRONG_TRIES)
  }

  /** What it offers. Nothing is used up. @throws GateError INVITATION_INVALID, RATE_LIMITED */
  async look({ token, clientAddress }: InvitationTry): Promise<OfferedInvitation> {
    const row = await this.#counted(clientAddress, () => this.#find(token))
    const account = row.account_id === null ? undefined : await this.#options.accounts.get(row.account_id)
    const name = account?.name ?? row.name
    return { kind: kindOf(row), name, role: row.role, expiresAtMs: row.expires_at_ms }
  }

  /**
   * Makes the account, or sets the new password, and signs the person in. Of several at once one is let in.
   * @throws GateError INVITATION_INVALID, RATE_LIMITED, ALREADY_EXISTS, VALIDATION_FAILED, PASSWORD_TOO_WEAK;
   * then the link is as it was
   */
  async accept(acceptance: Acceptance): Promise<{ token: string; session: Session; account: Account }> {
    const { clientAddress, password } = acceptance
    const { accountId, passwordHash } = await this.#counted(clientAddress, async () => {
      const row = await this.#find(acceptance.token)
      const name = row.account_id === null ? await this.#checkName(acceptance.name) : await this.#nameOf(row.account_id)
      const passwordHash = await this.#options.passwords.hashNew(name, password, `invitation ${row.id}`)
      return { accountId: await this.#take(acceptance, { name, passwordHash }), passwordHash }
    })
    const { accounts, sessions } = this.#options
    const account = await accounts.get(accountId)
    const by: ActedBy = { actor: { kind: 'account', id: account.id, name: account.name }, address: clientAddress }
    const opened = await sessions.open(
      {
        accountId,
        surface: 'people',
        fromOwnerWindow: false,
        secure: acceptance.secure,
        device: describeDevice(acceptance.userAgent),
        address: clientAddress,
        passwordHash,
      },
      by,
    )
    return { ...opened, account }
  }

  /** Wrong links and names that are taken count, a password that is too short does not. */
  async #counted<Result>(clientAddress: string, work: () => Promise<Result>): Promise<Result> {
    const source = toSource(clientAddress)
    this.#tries.refuseSpent(source)
    try {
      return await work()
    } catch (error) {
      const isTry = error instanceof GateError && ['INVITATION_INVALID', 'ALREADY_EXISTS'].includes(error.code)
      if (isTry) this.#tries.count(source)
      throw error
    }
  }

  async #find(token: string): Promise<InvitationRow> {
    return findUsable(this.#options.kysely, token, this.#options.clock.nowMs())
  }

  /** Before anything is hashed: whoever has to choose another name waits for nothing. */
  async #checkName(name: string | undefined): Promise<string> {
    const parsed = parsePersonName(name ?? '')
    await refuseChosenName(this.#options.kysely, parsed)
    return parsed
  }

  async #nameOf(accountId: string): Promise<string> {
    return (await this.#options.accounts.get(accountId)).name
  }

  /** Everything is looked at again in the transaction that takes it: hashing took its time. @returns whose account it is */
  async #take(
    { token, clientAddress }: Acceptance,
    person: { readonly name: string; readonly passwordHash: PasswordHash },
  ): Promise<string> {
    const { kysely, clock, random, audit, accounts, changes, keys } = this.#options
    const nowMs = clock.nowMs()
    const { row, accountId } = await kysely.transaction().execute(async (transaction) => {
      const row = await findUsable(transaction, token, nowMs)
      const accountId = row.account_id ?? random.id(16)
      await consume(transaction, row, { accountId, nowMs })
      if (row.account_id === null) await makeAccount(transaction, row, { ...person, id: accountId, createdAtMs: nowMs })
      else await setPassword(transaction, row.account_id, { ...person, nowMs })
      return { row, accountId }
    })
    const { name } = person
    const by: ActedBy = { actor: { kind: 'account', id: accountId, name }, address: clientAddress }
    audit.record({ ...by, event: 'invitation.used', details: { invitation: row.id, invitedBy: row.created_by } })
    if (row.account_id === null) {
      audit.record({ ...by, event: 'account.created', details: { account: accountId, name, role: row.role } })
    } else {
      audit.record({ ...by, event: 'account.passwordChanged', details: { account: accountId } })
      if (row.end_keys === 1) await keys.revokeAllOf(accountId, by)
    }
    accounts.dropCache()
    changes.emit('users')
    changes.emit('sessions')
    changes.emit('invitations')
    return accountId
  }
}

const kindOf = ({ account_id }: InvitationRow): OfferedInvitation['kind'] =>
  account_id === null ? 'account' : 'password'

/** @throws GateError INVITATION_INVALID, the same for every link that lets nobody in */
async function findUsable(
  kysely: InvitationsOptions['kysely'] | Transaction<Schema>,
  token: string,
  nowMs: number,
): Promise<InvitationRow> {
  const row = await kysely
    .selectFrom('invitations')
    .selectAll()
    .where('token_hash', '=', sha256Hex(token))
    .executeTakeFirst()
  if (row === undefined || !isOpen(row, nowMs)) throw invalidInvitation()
  if (!(await hasMaker(kysely, row, nowMs)) || !(await hasTarget(kysely, row))) throw invalidInvitation()
  return row
}

/** The role that it gives, or the account whose password it is: with the role of then, so that it opens no more than was meant. */
async function hasTarget(
  kysely: InvitationsOptions['kysely'] | Transaction<Schema>,
  row: InvitationRow,
): Promise<boolean> {
  if (row.account_id === null) {
    return (await kysely.selectFrom('roles').select('id').where('id', '=', row.role).executeTakeFirst()) !== undefined
  }
  const account = await kysely
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', row.account_id)
    .where('role', '=', row.role)
    .where('disabled', '=', 0)
    .executeTakeFirst()
  return account !== undefined
}

async function makeAccount(
  transaction: Transaction<Schema>,
  row: InvitationRow,
  account: { id: string; name: string; passwordHash: PasswordHash; createdAtMs: number },
): Promise<void> {
  await refuseChosenName(transaction, account.name)
  await insertAccount(transaction, { ...account, role: row.role })
  if (row.quota_bytes === null) return
  await transaction
    .insertInto('folder_rules')
    .values({
      account_id: account.id,
      quota_bytes: row.quota_bytes === NO_LIMIT ? null : row.quota_bytes,
      has_own_quota: 1,
      retention_days: null,
    })
    .execute()
}

async function setPassword(
  transaction: Transaction<Schema>,
  accountId: string,
  { passwordHash, nowMs }: { readonly passwordHash: PasswordHash; readonly nowMs: number },
): Promise<void> {
  await transaction.updateTable('accounts').set({ password_hash: passwordHash }).where('id', '=', accountId).execute()
  await transaction
    .deleteFrom('sessions')
    .where('account_id', '=', accountId)
    .where('from_owner_window', '=', 0)
    .execute()
  await revokeTokensOf(transaction, accountId, nowMs)
}
