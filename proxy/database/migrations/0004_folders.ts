import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table user_folders (
    account_id text primary key not null references accounts (id) on delete cascade,
    output_directory text not null unique,
    made_at_ms integer not null
  ) strict`,
]

/** Where each account's pictures go. */
export const foldersMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
