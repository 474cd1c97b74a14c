import type { AuditLog } from '../audit/auditLog.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import type { Database } from '../database/openDatabase.ts'
import type { AddressRules } from '../network/addressRules.ts'
import type { IpRuleStore } from '../network/ipRuleStore.ts'
import type { Authenticator } from '../pipeline/requestContext.ts'
import type { SecretsChoice, SecretStoreKind } from '../secrets/secretStore.ts'
import type { SecretVault } from '../secrets/secretVault.ts'
import type { SettingsStore } from '../settings/settingsStore.ts'
import type { AccountStore } from './accountStore.ts'
import type { ApiKeyStore } from './apiKeyStore.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { Guests } from './guests.ts'
import type { Wait } from './heldRefusals.ts'
import type { Invitations } from './invitations.ts'
import type { InvitationUse } from './invitationUse.ts'
import type { Knocks } from './knocks.ts'
import type { KnownDevices } from './knownDevices.ts'
import type { Lockouts } from './lockouts.ts'
import type { OwnerAccount } from './ownerAccount.ts'
import type { OwnerSessions } from './ownerSessions.ts'
import type { Argon2, HashingParameters } from './passwordHasher.ts'
import type { PasswordHashes } from './passwordHashes.ts'
import type { Passwords } from './passwords.ts'
import type { PasswordTries } from './passwordTries.ts'
import type { RoleStore } from './roleStore.ts'
import type { SessionStore } from './sessionStore.ts'
import type { SignInService } from './signInService.ts'
import type { TokenStore } from './tokenStore.ts'
import type { UsageRecorder } from './usageRecorder.ts'

export interface OpenStoresOptions {
  readonly dataDirectory: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly secrets: SecretsChoice
  /** Where the variable of `tokens.secretVariable` is looked for and taken out; left out: nowhere. */
  readonly environment?: Record<string, string | undefined>
  /** Cheaper hashing for tests; the product never sets it. */
  readonly hashing?: HashingParameters
  /** Counted calls in tests; the product never sets it. */
  readonly argon2?: Argon2
  /** Hashes passwords; left out: in this process. Closed with the stores. */
  readonly passwordArgon2?: Argon2 & { close(): void }
  /** How refused sign-ins are held back, for tests; the product never sets it. */
  readonly wait?: Wait
  /** How often writes of other processes are looked for; 250 when left out. */
  readonly watchMs?: number
}

/** Everything that lives in the data folder, opened. */
export interface Stores {
  readonly dataDirectory: string
  readonly dataFolderId: string
  readonly database: Database
  readonly secretStoreKind: SecretStoreKind
  readonly vault: SecretVault
  readonly settings: SettingsStore
  readonly accounts: AccountStore
  readonly owner: OwnerAccount
  readonly roles: RoleStore
  readonly passwordHashes: PasswordHashes
  readonly passwords: Passwords
  readonly sessions: SessionStore
  readonly keys: ApiKeyStore
  readonly tokens: TokenStore
  readonly audit: AuditLog
  readonly usage: UsageRecorder
  readonly passwordTries: PasswordTries
  readonly signIns: SignInService
  readonly guests: Guests
  readonly ipRules: IpRuleStore
  /** Who may connect, from the rules and the settings. */
  readonly addressRules: AddressRules
  readonly lockouts: Lockouts
  readonly devices: KnownDevices
  readonly invitations: Invitations
  readonly invitationUse: InvitationUse
  readonly knocks: Knocks
  readonly authenticator: Authenticator
  /** The desktop app's own sessions: `openOwnerSession()`, `openCanvasSession()`. */
  readonly ownerSessions: OwnerSessions
  readonly changes: ChangeFeed
  /** Writes what is pending and closes the database. May be called more than once. */
  close(): Promise<void>
}
