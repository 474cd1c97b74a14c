import type { Insertable } from 'kysely'
import type { Stores } from '../../proxy/accounts/stores.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import type { OutputsTable } from '../../proxy/database/schema.ts'

/** A file that a job of this person made, as far as the records go. @returns its id */
export async function addOutput(
  { database }: Pick<Stores, 'database'>,
  accountId: string,
  row: Partial<Insertable<OutputsTable>> = {},
): Promise<string> {
  const id = systemRandom.id(16)
  await database.kysely
    .insertInto('outputs')
    .values({
      id,
      account_id: accountId,
      job_id: null,
      subfolder: '',
      name: `${id}.png`,
      kind: 'image',
      media_type: 'image/png',
      bytes: 1024,
      width: 8,
      height: 8,
      made_at_ms: 0,
      removed_at_ms: null,
      ...row,
    })
    .execute()
  return id
}
