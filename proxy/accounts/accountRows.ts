import type { Kysely, Selectable, Transaction } from 'kysely'
import { accountNameSchema } from '../contract/accounts.ts'
import type { RoleId } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'
import { findMeta } from '../database/metaStore.ts'
import type { AccountsTable, Schema } from '../database/schema.ts'
import { toNameKey } from './accountName.ts'
import { isReservedName, toLookAlikeKey } from './lookAlikes.ts'
import type { PasswordHash } from './passwordHasher.ts'

/* What every way of making an account shares (by an administrator, by an invitation, at the door), and what keeps one from going. */

export interface AccountRow {
  readonly id: string
  readonly name: string
  readonly role: RoleId
  readonly passwordHash?: PasswordHash
  readonly createdAtMs: number
}

/** @throws GateError ALREADY_EXISTS, VALIDATION_FAILED for a role that is not there */
export async function insertAccount(transaction: Transaction<Schema>, account: AccountRow): Promise<void> {
  await refuseTakenName(transaction, account.name)
  await refuseUnknownRole(transaction, account.role)
  await writeAccount(transaction, account)
}

/** Only for a name that is known to be free and a role that is always there. */
export async function writeAccount(
  transaction: Transaction<Schema>,
  { id, name, role, passwordHash, createdAtMs }: AccountRow,
  visit: { expires_at_ms?: number | null; guest_address?: string; let_in?: number } = {},
): Promise<void> {
  await transaction
    .insertInto('accounts')
    .values({
      id,
      name,
      name_key: toNameKey(name),
      role,
      disabled: 0,
      password_hash: passwordHash ?? null,
      created_at_ms: createdAtMs,
      last_seen_at_ms: null,
      ...visit,
    })
    .execute()
}

/**
 * Posing as somebody: a name that a person chose for themselves must not look like anybody's who is there, nor like the
 * program's own.
 * @throws GateError ALREADY_EXISTS, VALIDATION_FAILED
 */
export async function refuseChosenName(kysely: Kysely<Schema> | Transaction<Schema>, name: string): Promise<void> {
  if (isReservedName(name))
    throw new GateError('VALIDATION_FAILED', 'Choose a name of your own, such as your first name.')
  const alike = await findLookAlike(kysely, name)
  if (alike === undefined) return
  throw new GateError(
    'ALREADY_EXISTS',
    'There is already somebody with this name, or one that looks like it. Choose another one.',
  )
}

/** Somebody whose name looks the same at a glance. Guests have no names of their own. */
export async function findLookAlike(
  kysely: Kysely<Schema> | Transaction<Schema>,
  name: string,
): Promise<string | undefined> {
  const wanted = toLookAlikeKey(name)
  const rows = await kysely.selectFrom('accounts').select('name').where('guest_address', 'is', null).execute()
  return rows.find((row) => toLookAlikeKey(row.name) === wanted)?.name
}

/** @throws GateError VALIDATION_FAILED */
export function parseName(name: string): string {
  const parsed = accountNameSchema.safeParse(name)
  if (parsed.success) return parsed.data.normalize('NFC')
  throw new GateError('VALIDATION_FAILED', parsed.error.issues[0]?.message ?? 'This name does not fit.')
}

/** "Guest 5" is nobody whom one knows. @throws GateError VALIDATION_FAILED */
export function parsePersonName(name: string): string {
  if (guestName.test(toNameKey(name))) {
    throw new GateError('VALIDATION_FAILED', 'Guests are called "Guest" and a number. Choose another name.')
  }
  return parseName(name)
}

const guestName = /^guest \d+$/

/** @throws GateError ALREADY_EXISTS */
export async function refuseTakenName(transaction: Transaction<Schema>, name: string): Promise<void> {
  const taken = await transaction
    .selectFrom('accounts')
    .select('name')
    .where('name_key', '=', toNameKey(name))
    .executeTakeFirst()
  if (taken !== undefined) throw new GateError('ALREADY_EXISTS', `There is already somebody named ${taken.name}.`)
}

/** @throws GateError VALIDATION_FAILED */
export async function refuseUnknownRole(transaction: Transaction<Schema>, role: RoleId): Promise<void> {
  const known = await transaction.selectFrom('roles').select('id').where('id', '=', role).executeTakeFirst()
  if (known === undefined) throw new GateError('VALIDATION_FAILED', 'There is no such role.')
}

/** @throws GateError NOT_FOUND */
export async function getAccountRow(transaction: Transaction<Schema>, id: string): Promise<Selectable<AccountsTable>> {
  const row = await transaction.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? refuseUnknownPerson()
}

/** @throws GateError NOT_FOUND */
export function refuseUnknownPerson(name?: string): never {
  throw new GateError('NOT_FOUND', name === undefined ? 'There is no such person.' : `There is nobody named ${name}.`)
}

/**
 * Somebody must be left who administers, and whoever sits at this computer.
 * @throws GateError LAST_ADMINISTRATOR, PERMISSION_DENIED
 */
export async function refuseLosing(transaction: Transaction<Schema>, row: Selectable<AccountsTable>): Promise<void> {
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
