import type { Transaction } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** Ends the visits of all who let themselves in, or of one guest. Sessions and keys end with them. @returns whose */
export async function endVisits(
  transaction: Transaction<Schema>,
  nowMs: number,
  accountId?: string,
): Promise<string[]> {
  const going = transaction
    .updateTable('accounts')
    .set({ expires_at_ms: nowMs })
    .where('guest_address', 'is not', null)
    .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]))
    .returning('id')
  const rows = await (
    accountId === undefined ? going.where('let_in', '=', 0) : going.where('id', '=', accountId)
  ).execute()
  const ids = rows.map(({ id }) => id)
  await transaction.deleteFrom('sessions').where('account_id', 'in', ids).execute()
  await transaction.deleteFrom('api_keys').where('account_id', 'in', ids).execute()
  return ids
}
