import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const noRules = `'{}', '{"rule":"harmless","allowed":[],"denied":[]}'`
const builtIn = ['creator', 'user', 'viewer', 'guest'].map(
  (id) => `insert into roles values ('${id}', '', '', '${id}', '[]', ${noRules}, 0)`,
)

const statements = [
  `create table roles (
    id text primary key not null check (length(id) between 1 and 32),
    title text not null,
    meaning text not null,
    base text not null check (base in ('administrator', 'creator', 'user', 'viewer', 'guest')),
    permissions text not null check (json_valid(permissions)),
    models text not null check (json_valid(models)),
    nodes text not null check (json_valid(nodes)),
    changed_at_ms integer not null
  ) strict`,
  `insert into roles values ('administrator', '', '', 'administrator', '[]', '{}', '{"rule":"all","allowed":[],"denied":[]}', 0)`,
  ...builtIn,
  `create table accounts_anew (
    id text primary key not null check (length(id) = 16),
    name text not null,
    name_key text not null unique,
    role text not null references roles (id),
    disabled integer not null default 0 check (disabled in (0, 1)),
    password_hash text,
    created_at_ms integer not null,
    last_seen_at_ms integer,
    expires_at_ms integer,
    guest_address text
  ) strict`,
  `insert into accounts_anew (id, name, name_key, role, disabled, password_hash, created_at_ms, last_seen_at_ms)
    select id, name, name_key, role, disabled, password_hash, created_at_ms, last_seen_at_ms from accounts`,
  `drop table accounts`,
  `alter table accounts_anew rename to accounts`,
  `create trigger jobs_of_a_removed_account after delete on accounts begin
    delete from jobs where account_id = old.id;
  end`,
  `create trigger engine_crashes_of_a_removed_account after delete on accounts begin
    delete from engine_crashes where account_id = old.id;
  end`,
  `create index accounts_by_role on accounts (role)`,
]

/** Roles as data: the five that are always there by their rules alone, and whatever the owner makes of them. */
export const rolesMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
