import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

/** When a file came back from the bin. */
export const restoredOutputsMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`alter table outputs add column restored_at_ms integer`.execute(database)
  },
}
