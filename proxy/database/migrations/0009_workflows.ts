import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table workflows (
    id text primary key not null check (length(id) = 16),
    name text not null,
    name_key text not null unique,
    description text not null,
    version integer not null,
    public integer not null default 0 check (public in (0, 1)),
    picture blob,
    picture_type text,
    created_at_ms integer not null,
    changed_at_ms integer not null
  ) strict`,
  `create table workflow_versions (
    workflow_id text not null references workflows (id) on delete cascade,
    version integer not null,
    prompt text not null check (json_valid(prompt)),
    canvas text check (canvas is null or json_valid(canvas)),
    inputs text not null check (json_valid(inputs)),
    possible_inputs text not null check (json_valid(possible_inputs)),
    node_key text not null,
    published_at_ms integer not null,
    published_by text not null,
    primary key (workflow_id, version)
  ) strict`,
  `create index workflow_versions_by_nodes on workflow_versions (node_key)`,
  `create table workflow_grants (
    workflow_id text not null references workflows (id) on delete cascade,
    role text references roles (id) on delete cascade,
    account_id text references accounts (id) on delete cascade,
    check ((role is null) <> (account_id is null))
  ) strict`,
  `create unique index workflow_grants_to_roles on workflow_grants (workflow_id, role) where role is not null`,
  `create unique index workflow_grants_to_people on workflow_grants (workflow_id, account_id) where account_id is not null`,
  `alter table api_keys add column workflow_id text references workflows (id) on delete cascade`,
  // Not a foreign key: what ran stays in the history when the workflow is gone.
  `alter table jobs add column published_id text`,
  `alter table jobs add column published_version integer`,
  `create index jobs_by_published on jobs (published_id) where published_id is not null`,
]

/** Workflows that people may run and not change, in all their versions, and who may run them. */
export const workflowsMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
