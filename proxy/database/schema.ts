import type { Generated } from 'kysely'

/** Rows as SQLite holds them. Times are milliseconds since the epoch, booleans 0 or 1, lists and objects JSON text. */
export interface Schema {
  meta: MetaTable
  settings: SettingsTable
  accounts: AccountsTable
  sessions: SessionsTable
  api_keys: ApiKeysTable
  audit: AuditTable
  user_folders: UserFoldersTable
  jobs: JobsTable
  outputs: OutputsTable
  engine_crashes: EngineCrashesTable
  folder_rules: FolderRulesTable
  roles: RolesTable
  workflows: WorkflowsTable
  workflow_versions: WorkflowVersionsTable
  workflow_grants: WorkflowGrantsTable
  output_shares: OutputSharesTable
  job_outputs: JobOutputsTable
  seen_nodes: SeenNodesTable
  seen_routes: SeenRoutesTable
  ip_rules: IpRulesTable
  lockouts: LockoutsTable
  known_devices: KnownDevicesTable
  invitations: InvitationsTable
  tokens: TokensTable
  audit_checkpoints: AuditCheckpointsTable
}

export interface MetaTable {
  name: string
  value: string
}

export interface SettingsTable {
  name: string
  /** JSON */
  value: string
  changed_at_ms: number
}

export interface AccountsTable {
  id: string
  name: string
  /** The name as it is compared: see accountName.ts. */
  name_key: string
  role: string
  disabled: number
  password_hash: string | null
  created_at_ms: number
  last_seen_at_ms: number | null
  /** Of a guest: when the account ends by itself. */
  expires_at_ms: Generated<number | null>
  /** Of a guest who let themselves in, or who was let in: from which address. */
  guest_address: Generated<string | null>
  /** Of a guest: whether somebody let them in, so that they stay when the door for all guests is shut. */
  let_in: Generated<number>
}

/** Of the roles that are always there only the rules count: title, meaning and permissions are the program's. */
export interface RolesTable {
  id: string
  title: string
  meaning: string
  /** The role that is always there whose limits for jobs count. */
  base: string
  /** JSON */
  permissions: string
  /** JSON, see contract/roleRules.ts */
  models: string
  nodes: string
  changed_at_ms: number
}

export interface WorkflowsTable {
  id: string
  name: string
  /** The name as it is compared: see accountName.ts. */
  name_key: string
  description: string
  /** The version that counts. */
  version: number
  public: Generated<number>
  picture: Uint8Array | null
  picture_type: string | null
  created_at_ms: number
  changed_at_ms: number
}

export interface WorkflowVersionsTable {
  workflow_id: string
  version: number
  /** JSON text in ComfyUI's API format, numbers as they were written. */
  prompt: string
  /** JSON text of ComfyUI's own file. */
  canvas: string | null
  /** JSON */
  inputs: string
  possible_inputs: string
  /** Equal for workflows with the same node ids: hex SHA-256 of them. */
  node_key: string
  published_at_ms: number
  /** Name of whoever published it. */
  published_by: string
}

/** Either a role or a person. */
export interface WorkflowGrantsTable {
  workflow_id: string
  role: string | null
  account_id: string | null
}

/** Which files a job gave, made by it or found as they were. */
export interface JobOutputsTable {
  job_id: string
  output_id: string
}

/** No account: with everybody. */
export interface OutputSharesTable {
  output_id: string
  account_id: string | null
  shared_at_ms: number
}

/** Classes of nodes as the owner has looked at them. */
export interface SeenNodesTable {
  name: string
  pack_path: string
  source_hash: string
  /** JSON */
  risks: string
  seen_at_ms: number
}

export interface SeenRoutesTable {
  method: string
  path: string
  seen_at_ms: number
}

export interface SessionsTable {
  id: string
  /** Hex SHA-256 of the token. */
  token_hash: string
  account_id: string
  surface: string
  from_owner_window: number
  secure: number
  device: string
  address: string
  created_at_ms: number
  last_used_at_ms: number
}

export interface ApiKeysTable {
  id: string
  account_id: string
  name: string
  /** JSON */
  scopes: string
  /** Hex HMAC-SHA256 of the key under the pepper. */
  mac: string
  /** argon2id of the key. */
  hash: string
  last_four: string
  created_at_ms: number
  expires_at_ms: number | null
  last_used_at_ms: number | null
  last_address: string | null
  sent_unprotected_at_ms: number | null
  /** The key that made this one, which goes with it. */
  made_by_key: string | null
  /** The one published workflow that it runs, and nothing else. */
  workflow_id: Generated<string | null>
}

export interface UserFoldersTable {
  account_id: string
  /** Absolute. */
  output_directory: string
  made_at_ms: number
}

/** What somebody's folder may hold and for how long, where it is not as the settings say. The owner has no row above. */
export interface FolderRulesTable {
  account_id: string
  /** null: no limit. Counts when `has_own_quota` is 1. */
  quota_bytes: number | null
  has_own_quota: Generated<number>
  /** null: never cleared away. Counts when `has_own_retention` is 1. */
  retention_days: number | null
  has_own_retention: Generated<number>
}

/** A file that a job made. */
export interface OutputsTable {
  id: string
  account_id: string
  job_id: string | null
  /** Empty: the account's own output folder; otherwise the folder of ComfyUI's in which the owner's files lay. */
  root: Generated<string>
  /** Below that folder, parts joined with `/`; empty: in the folder itself. */
  subfolder: string
  name: string
  kind: string
  media_type: string
  bytes: number
  width: number | null
  height: number | null
  made_at_ms: number
  /** Not cleared away when it grows old. */
  keep: Generated<number>
  /** When its person removed it; it can come back for a while. */
  removed_at_ms: number | null
  /** When it came back the last time: it is cleared away as if it had been made then. */
  restored_at_ms: Generated<number | null>
}

export interface AuditTable {
  seq: Generated<number>
  at_ms: number
  event: string
  actor_kind: string
  actor_id: string | null
  actor_name: string | null
  address: string | null
  /** JSON */
  details: string
  prev_hmac: string
  hmac: string
}

/** A time when somebody's job brought the engine down. */
export interface EngineCrashesTable {
  account_id: string
  job_id: string
  at_ms: number
}

export interface JobsTable {
  /** ComfyUI's prompt_id, the same upstream and at a retry. */
  id: string
  account_id: string
  client_id: string | null
  state: string
  held_because: string | null
  /** What its last event said. */
  outcome: string | null
  /** The place among this person's jobs; below zero: before everybody's. */
  number: number
  /** JSON text as it was checked, numbers as they were written; nothing of the shape of a secret. */
  prompt: string
  extra_data: string
  targets: string | null
  outputs: string
  /** Jobs of one shape take about the same time. */
  shape: string
  nodes: number
  /** What it makes, in the few words of a list. */
  title: Generated<string>
  /** Something was left out of the texts above and is known to the running program only. */
  has_secrets: number
  attempts: number
  boot_id: string | null
  created_at_ms: number
  started_at_ms: number | null
  ended_at_ms: number | null
  run_ms: number | null
  /** The history's entry in ComfyUI's shape. */
  result: string | null
  /** The same in the short form of `/api/jobs`. */
  summary: string | null
  failure: string | null
  in_history: number
  /** Of the texts above, as long as they are kept. */
  text_bytes: Generated<number>
  /** Of result and summary. */
  result_bytes: Generated<number>
  /** Of the canvas that made it; JSON text. */
  workflow_id: Generated<string | null>
  /** The published workflow that it runs. */
  published_id: Generated<string | null>
  published_version: Generated<number | null>
  /** Whether the files that it made stand in `outputs`. */
  files_recorded: Generated<number>
}

export interface IpRulesTable {
  id: string
  kind: string
  /** In canonical form: the first address of the network, lower case, IPv6 compressed. */
  cidr: string
  comment: string
  /** Who made it: `lockout` by `lockout.blacklistAfter`, `import` from another program's list. */
  source: string
  created_at_ms: number
  expires_at_ms: number | null
}

/** Counters of wrong passwords, so that a restart is no way around a pause. */
export interface LockoutsTable {
  /** As `SignInThrottle` names it; names of people only hashed. */
  counter: string
  kind: string
  /** What may be shown: the address, or the id of the account or device; null when it was a name that nobody has. */
  subject: string | null
  failures: number
  paused_until_ms: number
  paused_at_failures: number
  last_failure_ms: number
  /** What was used for the last try, in words. */
  device: string
  /** Ids of accounts whose passwords were guessed, as JSON; an empty one for names that nobody has. */
  tried: string
}

/** Browsers in which somebody signed in before: they have a counter of their own for each who did. */
export interface KnownDevicesTable {
  /** Hex SHA-256 of the cookie. */
  token_hash: string
  account_id: string
  device: string
  first_seen_ms: number
  last_seen_ms: number
}

/** Links that work once: for a new account, or for a new password of one. */
export interface InvitationsTable {
  id: string
  /** Hex SHA-256 of what stands in the link. */
  token_hash: string
  kind: string
  role: string
  /** Proposed to whoever is invited. */
  name: string | null
  /** Of a new password: whose. */
  account_id: string | null
  quota_bytes: number | null
  /** Of a new password: whether the account's keys end with it. */
  end_keys: Generated<number>
  /** Id of the account, or `commandLine`. */
  created_by: string
  /** The key that made it, if one did: it ends with that key. */
  key_id: Generated<string | null>
  created_at_ms: number
  expires_at_ms: number
  used_at_ms: number | null
  used_by: string | null
  withdrawn_at_ms: number | null
}

/** JSON Web Tokens that were given out; `id` is the claim `jti`. */
export interface TokensTable {
  id: string
  account_id: string
  /** `cookie`: set by `/login` for a browser. `api`: for a tool. */
  use: string
  secure: number
  device: string
  address: string
  created_at_ms: number
  expires_at_ms: number
  revoked_at_ms: number | null
  last_used_at_ms: number | null
}

/** What stood before the oldest row that is still there: removed by retention, vouched for by a signature. */
export interface AuditCheckpointsTable {
  /** Of the last removed row. */
  seq: number
  at_ms: number
  hmac: string
  /** Hex HMAC-SHA256 under the key of the log. */
  signature: string
}
