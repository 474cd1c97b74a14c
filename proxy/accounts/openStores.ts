import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { AuditLog } from '../audit/auditLog.ts'
import { DAY_MS, HOUR_MS } from '../core/time.ts'
import { ChangeFeed } from '../database/changeFeed.ts'
import { databaseFileName, openDataFolder } from '../database/dataFolder.ts'
import { findMeta, setMeta } from '../database/metaStore.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/openDatabase.ts'
import type { Database } from '../database/openDatabase.ts'
import type { Schema } from '../database/schema.ts'
import { AddressRules } from '../network/addressRules.ts'
import { HomeNetworks } from '../network/homeNetworks.ts'
import { IpRuleStore } from '../network/ipRuleStore.ts'
import { openSecrets } from '../secrets/openSecrets.ts'
import type { OpenedSecrets } from '../secrets/openSecrets.ts'
import { secretNames } from '../secrets/secretStore.ts'
import { SettingsStore } from '../settings/settingsStore.ts'
import { AccountStore } from './accountStore.ts'
import { ApiKeyStore } from './apiKeyStore.ts'
import { Guests } from './guests.ts'
import { systemWait } from './heldRefusals.ts'
import { Invitations } from './invitations.ts'
import { InvitationUse } from './invitationUse.ts'
import { KnownDevices } from './knownDevices.ts'
import { Knocks } from './knocks.ts'
import { Lockouts } from './lockouts.ts'
import { OwnerAccount } from './ownerAccount.ts'
import { OwnerSessions } from './ownerSessions.ts'
import { defaultHashing, PasswordHasher, systemArgon2 } from './passwordHasher.ts'
import { PasswordHashes } from './passwordHashes.ts'
import { Passwords } from './passwords.ts'
import { PasswordTries } from './passwordTries.ts'
import { RoleStore } from './roleStore.ts'
import { SessionStore } from './sessionStore.ts'
import { SignInService } from './signInService.ts'
import { SignInThrottle } from './signInThrottle.ts'
import type { OpenStoresOptions, Stores } from './stores.ts'
import { connectChanges } from './storeChanges.ts'
import { StoresAuthenticator } from './storesAuthenticator.ts'
import { takeTokenSecret } from './tokenSecret.ts'
import { TokenSigner } from './tokenSigner.ts'
import { TokenStore } from './tokenStore.ts'
import { UsageRecorder } from './usageRecorder.ts'

const HALF_HOUR_MS = HOUR_MS / 2

/**
 * Opens everything that lives in a data folder, in this order: rights, database, schema, secrets, stores. What fails
 * leaves nothing open.
 * @throws GateError DATA_FOLDER_REFUSED, DATABASE_REFUSED, SECRETS_UNAVAILABLE
 */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  openDataFolder(options.dataDirectory)
  const database = openDatabase(join(options.dataDirectory, databaseFileName))
  try {
    await migrate(database, { clock: options.clock, backupsDirectory: join(options.dataDirectory, 'backups') })
    const dataFolderId = await ensureFolderId(database, options)
    const { kysely } = database
    const settings = await SettingsStore.open({ kysely, clock: options.clock, logger: options.logger })
    // Before anything else is started: whatever runs as a child inherits the environment.
    const addition = takeTokenSecret(options.environment ?? {}, settings.get('tokens.secretVariable'))
    const secrets = await readSecrets(database, dataFolderId, options)
    const signer = new TokenSigner({ secret: secrets.values['token-key'], addition, dataFolderId })
    return await createStores({ database, dataFolderId, settings, secrets, signer }, options)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function ensureFolderId(database: Database, options: OpenStoresOptions): Promise<string> {
  const known = await findMeta(database.kysely, 'dataFolderId')
  if (known !== undefined) return known
  return database.kysely.transaction().execute(async (transaction) => {
    const made = (await findMeta(transaction, 'dataFolderId')) ?? options.random.id(16)
    await setMeta(transaction, 'dataFolderId', made)
    return made
  })
}

/** Under the write lock only the first time, when secrets are made. */
async function readSecrets(
  database: Database,
  dataFolderId: string,
  options: OpenStoresOptions,
): Promise<OpenedSecrets> {
  const { dataDirectory, random } = options
  const read = (kysely: Kysely<Schema>): Promise<OpenedSecrets> =>
    openSecrets(kysely, { choice: options.secrets, dataDirectory, dataFolderId, random })
  const marks = await Promise.all(secretNames.map((name) => findMeta(database.kysely, `secretCheck:${name}`)))
  return marks.every((mark) => mark !== undefined) ? read(database.kysely) : database.kysely.transaction().execute(read)
}

interface Foundation {
  readonly database: Database
  readonly dataFolderId: string
  readonly settings: SettingsStore
  readonly secrets: OpenedSecrets
  readonly signer: TokenSigner
}

type Shared = Pick<Stores, 'audit' | 'changes'> &
  Pick<OpenStoresOptions, 'clock' | 'random'> & { readonly kysely: Kysely<Schema> }

async function createStores(foundation: Foundation, options: OpenStoresOptions): Promise<Stores> {
  const { database, dataFolderId, settings, secrets } = foundation
  const shared = createShared(foundation, options)
  const { audit, changes } = shared
  const credentials = createCredentials(foundation, options, shared)
  const { owner, sessions, tokens, passwords } = credentials
  const signingIn = await openSigningIn(credentials, { settings, shared, options })
  const authenticator = new StoresAuthenticator({ clock: options.clock, ...credentials, settings })
  const entries = createEntries(credentials, { settings, shared, options })
  await sessions.removeExpired()
  await tokens.removeExpired()
  const connected = { database, changes, settings, ...credentials, ...signingIn, audit, authenticator }
  const stopWatching = connectChanges(connected, options)
  const closeAll = async (): Promise<void> => {
    stopWatching()
    await closeStores({ database, audit, ...credentials, ...signingIn, ...entries }, options)
  }
  let closing: Promise<void> | undefined
  return {
    dataDirectory: options.dataDirectory,
    dataFolderId,
    database,
    secretStoreKind: secrets.kind,
    vault: secrets.vault,
    settings,
    ...credentials,
    audit,
    ...signingIn,
    ...entries,
    invitations: new Invitations(shared),
    invitationUse: new InvitationUse({ ...shared, ...credentials, passwords }),
    authenticator,
    ownerSessions: new OwnerSessions(owner, sessions),
    changes,
    close: () => (closing ??= closeAll()),
  }
}

function createShared({ database, secrets }: Foundation, { clock, random, logger }: OpenStoresOptions): Shared {
  const chainKey = secrets.values['audit-chain-key']
  const audit = new AuditLog({ database, clock, logger, chainKey, vault: secrets.vault })
  return { kysely: database.kysely, clock, random, audit, changes: new ChangeFeed() }
}

/** People, what they may, and what proves that somebody is one of them. */
function createCredentials({ settings, secrets, signer }: Foundation, options: OpenStoresOptions, shared: Shared) {
  const { kysely, clock } = shared
  const hashing = options.hashing ?? defaultHashing
  const argon2 = options.argon2 ?? systemArgon2
  const usage = new UsageRecorder({ kysely, clock, logger: options.logger })
  const accounts = new AccountStore({ ...shared, settings })
  const passwordHashes = new PasswordHashes(shared)
  const hasher = new PasswordHasher(hashing.password, options.passwordArgon2 ?? argon2)
  return {
    usage,
    accounts,
    owner: new OwnerAccount({ ...shared, accounts }),
    passwordHashes,
    roles: new RoleStore(shared),
    passwords: new Passwords(accounts, passwordHashes, hasher),
    sessions: new SessionStore({ ...shared, usage, settings }),
    tokens: new TokenStore({ ...shared, usage, signer }),
    keys: new ApiKeyStore({
      ...shared,
      usage,
      pepper: secrets.values['api-key-pepper'],
      argon2,
      hashing: hashing.apiKey,
    }),
  }
}

interface Surroundings {
  readonly settings: SettingsStore
  readonly shared: Shared
  readonly options: OpenStoresOptions
}

/** Signing in with a password, and what it is kept from: rules for addresses, and pauses after wrong tries. */
async function openSigningIn(
  credentials: Pick<Stores, 'accounts' | 'sessions' | 'tokens' | 'passwordHashes' | 'passwords'>,
  { settings, shared, options }: Surroundings,
) {
  const { clock, audit, changes } = shared
  const ipRules = await IpRuleStore.open({ ...shared, logger: options.logger })
  const addressRules = new AddressRules({ rules: ipRules, settings, changes, home: new HomeNetworks(clock) })
  // Blocking counts tries that are further apart, too.
  const throttle = new SignInThrottle(clock, () => (settings.get('lockout.blacklistAfter') > 0 ? DAY_MS : HALF_HOUR_MS))
  const lockouts = await Lockouts.open({
    ...shared,
    throttle,
    sessions: credentials.sessions,
    ipRules,
    addressRules,
    settings,
  })
  const devices = new KnownDevices(shared)
  const passwordTries = new PasswordTries({
    passwords: credentials.passwords,
    throttle,
    devices,
    lockouts,
    audit,
    clock,
    wait: options.wait ?? systemWait,
  })
  const signIns = new SignInService({ ...credentials, tries: passwordTries, devices })
  return { ipRules, addressRules, lockouts, devices, passwordTries, signIns }
}

/** Ways in without a password. */
function createEntries(
  { accounts, sessions, passwords }: Pick<Stores, 'accounts' | 'sessions' | 'passwords'>,
  { settings, shared, options }: Surroundings,
) {
  const guests = new Guests({ ...shared, settings, accounts, sessions })
  const knocks = new Knocks({ ...shared, logger: options.logger, accounts, sessions, guests, passwords })
  return { guests, knocks }
}

/** The database is closed whatever becomes of the rest. */
async function closeStores(
  stores: Pick<Stores, 'passwordTries' | 'knocks' | 'lockouts' | 'usage' | 'audit' | 'database'>,
  { passwordArgon2, logger }: OpenStoresOptions,
): Promise<void> {
  stores.passwordTries.close()
  passwordArgon2?.close()
  stores.knocks.close()
  try {
    await stores.lockouts.close().catch((error: unknown) => logger.error({ err: error }, 'pauses cannot be written'))
    await stores.usage.close()
    await stores.audit.close()
  } finally {
    await stores.database.close()
  }
}
