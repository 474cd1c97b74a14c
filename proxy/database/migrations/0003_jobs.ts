import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table jobs (
    id text primary key not null check (length(id) = 36),
    account_id text not null,
    client_id text,
    state text not null check (state in
      ('waiting', 'held', 'sent', 'running', 'ended', 'succeeded', 'failed', 'cancelled')),
    held_because text,
    outcome text check (outcome in ('succeeded', 'failed')),
    number real not null,
    prompt text not null,
    extra_data text not null,
    targets text,
    outputs text not null check (json_valid(outputs)),
    shape text not null,
    nodes integer not null,
    has_secrets integer not null default 0 check (has_secrets in (0, 1)),
    attempts integer not null default 0,
    boot_id text,
    created_at_ms integer not null,
    started_at_ms integer,
    ended_at_ms integer,
    run_ms integer,
    result text,
    summary text,
    failure text,
    in_history integer not null default 0 check (in_history in (0, 1))
  ) strict`,
  `create index jobs_active on jobs (state) where state in ('waiting', 'held', 'sent', 'running', 'ended')`,
  `create index jobs_by_account on jobs (account_id, created_at_ms)`,
  `create index jobs_history on jobs (account_id, ended_at_ms) where in_history = 1`,
  `create index jobs_by_shape on jobs (shape, ended_at_ms) where run_ms is not null`,
  `create trigger jobs_of_a_removed_account after delete on accounts begin
    delete from jobs where account_id = old.id;
  end`,
]

/** The journal of jobs, which is also each person's history. An account takes its jobs with it. */
export const jobsMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
