import type { Selectable } from 'kysely'
import type { RoleId } from '../contract/accounts.ts'
import type { AccountsTable } from '../database/schema.ts'

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

export function toAccount(row: Selectable<AccountsTable>): Account {
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
