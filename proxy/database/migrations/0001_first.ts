import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const statements = [
  `create table meta (
    name text primary key not null,
    value text not null
  ) strict`,
  `create table settings (
    name text primary key not null,
    value text not null check (json_valid(value)),
    changed_at_ms integer not null
  ) strict`,
  `create table accounts (
    id text primary key not null check (length(id) = 16),
    name text not null,
    name_key text not null unique,
    role text not null check (role in ('administrator', 'creator', 'user', 'viewer', 'guest')),
    disabled integer not null default 0 check (disabled in (0, 1)),
    password_hash text,
    created_at_ms integer not null,
    last_seen_at_ms integer
  ) strict`,
  `create table sessions (
    id text primary key not null,
    token_hash text not null unique check (length(token_hash) = 64),
    account_id text not null references accounts (id) on delete cascade,
    surface text not null check (surface in ('people', 'owner')),
    from_owner_window integer not null check (from_owner_window in (0, 1)),
    secure integer not null check (secure in (0, 1)),
    device text not null,
    address text not null,
    created_at_ms integer not null,
    last_used_at_ms integer not null
  ) strict`,
  `create index sessions_by_account on sessions (account_id)`,
  `create table api_keys (
    id text primary key not null check (length(id) = 12),
    account_id text not null references accounts (id) on delete cascade,
    name text not null,
    scopes text not null check (json_valid(scopes)),
    mac text not null check (length(mac) = 64),
    hash text not null,
    last_four text not null,
    created_at_ms integer not null,
    expires_at_ms integer,
    last_used_at_ms integer,
    last_address text,
    sent_unprotected_at_ms integer
  ) strict`,
  `create index api_keys_by_account on api_keys (account_id)`,
  `create table audit (
    seq integer primary key autoincrement,
    at_ms integer not null,
    event text not null,
    actor_kind text not null,
    actor_id text,
    actor_name text,
    address text,
    details text not null check (json_valid(details)),
    prev_hmac text not null,
    hmac text not null
  ) strict`,
  `create index audit_by_time on audit (at_ms)`,
]

/** The first schema: folder identity, settings, accounts, sessions, API keys, and the audit log with its chain. */
export const firstMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
