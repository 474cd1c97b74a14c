import type { Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** Facts about the data folder itself that are no settings. */
export type MetaName =
  | 'starterWorkflow'
  | 'dataFolderId'
  | 'secretStore'
  | 'ownerAccountId'
  | 'fairShare'
  | 'comfyuiFolders'
  | 'reachedPlaces'
  | `secretCheck:${string}`
  /** Which account somebody of ComfyUI-Sentinel became. */
  | `sentinelUser:${string}`

export async function findMeta(kysely: Kysely<Schema>, name: MetaName): Promise<string | undefined> {
  const row = await kysely.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst()
  return row?.value
}

export async function setMeta(kysely: Kysely<Schema>, name: MetaName, value: string): Promise<void> {
  await kysely
    .insertInto('meta')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}
