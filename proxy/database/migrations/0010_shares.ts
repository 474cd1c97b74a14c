import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table output_shares (
    output_id text not null references outputs (id) on delete cascade,
    account_id text references accounts (id) on delete cascade,
    shared_at_ms integer not null
  ) strict`,
  `create unique index output_shares_with_everybody on output_shares (output_id) where account_id is null`,
  `create unique index output_shares_with_people on output_shares (output_id, account_id) where account_id is not null`,
  `create index output_shares_by_person on output_shares (account_id, shared_at_ms desc)`,
]

/** Which pictures somebody shows to whom; no account: to everybody. */
export const sharesMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
