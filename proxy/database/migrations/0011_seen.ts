import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table seen_nodes (
    name text not null,
    pack_path text not null,
    source_hash text not null,
    risks text not null check (json_valid(risks)),
    seen_at_ms integer not null,
    primary key (name, pack_path)
  ) strict`,
  `create table seen_routes (
    method text not null,
    path text not null,
    seen_at_ms integer not null,
    primary key (method, path)
  ) strict`,
]

/** What of the engine the owner has looked at: everything else is new, and denied until then. */
export const seenMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
