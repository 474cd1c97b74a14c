import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const sessionColumns =
  'id, token_hash, account_id, surface, from_owner_window, secure, device, address, created_at_ms, last_used_at_ms'

const statements = [
  `create table ip_rules (
    id text primary key not null,
    kind text not null check (kind in ('allow', 'deny')),
    cidr text not null,
    comment text not null default '',
    source text not null check (source in ('owner', 'lockout', 'import')),
    created_at_ms integer not null,
    expires_at_ms integer,
    unique (kind, cidr)
  ) strict`,
  `create table lockouts (
    counter text primary key not null,
    kind text not null check (kind in ('address', 'account', 'device')),
    subject text,
    failures integer not null,
    paused_until_ms integer not null,
    paused_at_failures integer not null,
    last_failure_ms integer not null,
    device text not null default '',
    tried text not null default '[]'
  ) strict`,
  `create table known_devices (
    token_hash text not null check (length(token_hash) = 64),
    account_id text not null references accounts (id) on delete cascade,
    device text not null,
    first_seen_ms integer not null,
    last_seen_ms integer not null,
    primary key (token_hash, account_id)
  ) strict`,
  `create index known_devices_by_account on known_devices (account_id)`,
  `create table invitations (
    id text primary key not null,
    token_hash text not null unique check (length(token_hash) = 64),
    kind text not null check (kind in ('account', 'password')),
    role text not null,
    name text,
    account_id text references accounts (id) on delete cascade,
    quota_bytes integer,
    end_keys integer not null default 0 check (end_keys in (0, 1)),
    created_by text not null,
    key_id text references api_keys (id) on delete cascade,
    created_at_ms integer not null,
    expires_at_ms integer not null,
    used_at_ms integer,
    used_by text,
    withdrawn_at_ms integer
  ) strict`,
  `alter table accounts add column let_in integer not null default 0 check (let_in in (0, 1))`,
  `create table tokens (
    id text primary key not null,
    account_id text not null references accounts (id) on delete cascade,
    use text not null check (use in ('cookie', 'api')),
    secure integer not null check (secure in (0, 1)),
    device text not null,
    address text not null,
    created_at_ms integer not null,
    expires_at_ms integer not null,
    revoked_at_ms integer,
    last_used_at_ms integer
  ) strict`,
  `create index tokens_by_account on tokens (account_id)`,
  `create table audit_checkpoints (
    seq integer primary key not null,
    at_ms integer not null,
    hmac text not null,
    signature text not null
  ) strict`,
  `create table sessions_of_three (
    id text primary key not null,
    token_hash text not null unique check (length(token_hash) = 64),
    account_id text not null references accounts (id) on delete cascade,
    surface text not null check (surface in ('people', 'owner', 'administration')),
    from_owner_window integer not null check (from_owner_window in (0, 1)),
    secure integer not null check (secure in (0, 1)),
    device text not null,
    address text not null,
    created_at_ms integer not null,
    last_used_at_ms integer not null
  ) strict`,
  `insert into sessions_of_three (${sessionColumns}) select ${sessionColumns} from sessions`,
  `drop table sessions`,
  `alter table sessions_of_three rename to sessions`,
  `create index sessions_by_account on sessions (account_id)`,
]

/** What sharing in a network takes: rules for addresses, pauses that last, invitations, tokens, marks of the log. */
export const lanMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
