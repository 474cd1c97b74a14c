import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table outputs (
    id text primary key not null check (length(id) = 16),
    account_id text not null references accounts (id) on delete cascade,
    job_id text,
    root text not null default '',
    subfolder text not null,
    name text not null,
    kind text not null check (kind in ('image', 'video', 'audio', 'model', 'other')),
    media_type text not null,
    bytes integer not null,
    width integer,
    height integer,
    made_at_ms integer not null,
    keep integer not null default 0 check (keep in (0, 1)),
    removed_at_ms integer
  ) strict`,
  // ComfyUI gives the number of a removed file to the next one.
  `create unique index outputs_in_place on outputs (account_id, root, subfolder, name) where removed_at_ms is null`,
  `create index outputs_newest on outputs (made_at_ms desc, id desc) where removed_at_ms is null`,
  `create index outputs_by_account on outputs (account_id, made_at_ms desc, id desc) where removed_at_ms is null`,
  `create index outputs_removed on outputs (removed_at_ms) where removed_at_ms is not null`,
  `create index outputs_room on outputs (account_id, bytes)`,
  `create table folder_rules (
    account_id text primary key not null references accounts (id) on delete cascade,
    quota_bytes integer,
    has_own_quota integer not null default 0 check (has_own_quota in (0, 1)),
    retention_days integer,
    has_own_retention integer not null default 0 check (has_own_retention in (0, 1))
  ) strict`,
  `alter table jobs add column files_recorded integer not null default 0 check (files_recorded in (0, 1))`,
  `alter table jobs add column title text not null default ''`,
  `create index jobs_ended on jobs (ended_at_ms desc, id desc) where in_history = 1`,
  `create index jobs_with_files on jobs (ended_at_ms) where files_recorded = 0 and state in ('succeeded', 'failed', 'cancelled')`,
]

/** The files that people's jobs made, what each folder may hold, and which jobs' files are known. */
export const outputsMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
