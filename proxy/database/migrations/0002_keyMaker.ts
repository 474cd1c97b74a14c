import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `alter table api_keys add column made_by_key text references api_keys (id) on delete cascade`,
  `create index api_keys_by_maker on api_keys (made_by_key)`,
]

/** Which key made a key: the revocation of a stolen one takes with it what the thief made of it. */
export const keyMakerMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
