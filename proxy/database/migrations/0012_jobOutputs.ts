import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table job_outputs (
    job_id text not null,
    output_id text not null references outputs (id) on delete cascade,
    primary key (job_id, output_id)
  ) strict`,
  `create index job_outputs_by_output on job_outputs (output_id)`,
  `insert into job_outputs (job_id, output_id) select job_id, id from outputs where job_id is not null`,
  `create trigger outputs_of_a_removed_job after delete on jobs begin
    delete from job_outputs where job_id = old.id;
  end`,
]

/** Which files a job gave: one that ComfyUI need not make again is given by several jobs. */
export const jobOutputsMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
