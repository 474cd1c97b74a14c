import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** Ends every token of an account, in the transaction that ends its right to them. @returns how many there were */
export async function revokeTokensOf(
  database: Kysely<Schema> | Transaction<Schema>,
  accountId: string,
  nowMs: number,
  keepId?: string,
): Promise<number> {
  const result = await database
    .updateTable('tokens')
    .set({ revoked_at_ms: nowMs })
    .where('account_id', '=', accountId)
    .where('id', '!=', keepId ?? '')
    .where('revoked_at_ms', 'is', null)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirst()
  return Number(result.numUpdatedRows)
}
