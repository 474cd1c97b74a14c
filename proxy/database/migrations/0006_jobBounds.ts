import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

/** SQLite's `length` of a text counts characters. */
const bytesOf = (column: string): string => `coalesce(length(cast(${column} as blob)), 0)`

const statements = [
  `alter table jobs add column text_bytes integer not null default 0`,
  `alter table jobs add column result_bytes integer not null default 0`,
  `alter table jobs add column workflow_id text`,
  `update jobs set
    text_bytes = ${bytesOf('prompt')} + ${bytesOf('extra_data')} + ${bytesOf('targets')} + ${bytesOf('outputs')},
    result_bytes = ${bytesOf('result')} + ${bytesOf('summary')}`,
  `create index jobs_history_room on jobs (account_id, ended_at_ms, result_bytes) where in_history = 1`,
  `drop index jobs_history`,
  `create table engine_crashes (
    account_id text not null,
    job_id text not null,
    at_ms integer not null
  ) strict`,
  `create index engine_crashes_by_account on engine_crashes (account_id, at_ms)`,
  `create trigger engine_crashes_of_a_removed_account after delete on accounts begin
    delete from engine_crashes where account_id = old.id;
  end`,
]

/** How many bytes jobs and results take, and whose jobs brought the engine down. */
export const jobBoundsMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
