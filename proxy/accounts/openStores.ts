import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { AuditLog } from '../audit/auditLog.ts'
import { DAY_MS } from '../core/time.ts'
import { ChangeFeed } from '../database/changeFeed.ts'
import type { ChangedResource } from '../database/changeFeed.ts'
import { databaseFileName, openDataFolder } from '../database/dataFolder.ts'
import { findMeta, setMeta } from '../database/metaStore.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/openDatabase.ts'
import type { Database } from '../database/openDatabase.ts'
import { watchRevision } from '../database/revisionWatcher.ts'
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
import { OwnerSessions } from './ownerSessions.ts'
import { defaultHashing, PasswordHasher, systemArgon2 } from './passwordHasher.ts'
import { Passwords } from './passwords.ts'
import { RoleStore } from './roleStore.ts'
import { SessionStore } from './sessionStore.ts'
import { SignInService } from './signInService.ts'
import { SignInThrottle } from './signInThrottle.ts'
import type { OpenStoresOptions, Stores } from './stores.ts'
import { StoresAuthenticator } from './storesAuthenticator.ts'
import { takeTokenSecret } from './tokenSecret.ts'
import { TokenSigner } from './tokenSigner.ts'
import { TokenStore } from './tokenStore.ts'
import { UsageRecorder } from './usageRecorder.ts'

const WATCH_MS = 250
const HALF_HOUR_MS = 30 * 60_000
/** Blocking counts tries that are further apart, too. */

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

async function createStores(foundation: Foundation, options: OpenStoresOptions): Promise<Stores> {
  const { clock, random, logger } = options
  const { database, dataFolderId, settings, secrets, signer } = foundation
  const { kysely } = database
  const hashing = options.hashing ?? defaultHashing
  const changes = new ChangeFeed()
  const audit = new AuditLog({
    database,
    clock,
    logger,
    chainKey: secrets.values['audit-chain-key'],
    vault: secrets.vault,
  })
  const usage = new UsageRecorder({ kysely, clock, logger })
  const shared = { kysely, clock, random, audit, changes }
  const accounts = new AccountStore({ ...shared, settings })
  const roles = new RoleStore(shared)
  const sessions = new SessionStore({ ...shared, usage, settings })
  const tokens = new TokenStore({ ...shared, usage, signer })
  const keys = new ApiKeyStore({
    ...shared,
    usage,
    pepper: secrets.values['api-key-pepper'],
    argon2: options.argon2 ?? systemArgon2,
    hashing: hashing.apiKey,
  })
  const ipRules = await IpRuleStore.open({ ...shared, logger })
  const home = new HomeNetworks(clock)
  const addressRules = new AddressRules({ rules: ipRules, settings, changes, home })
  const argon2 = options.argon2 ?? systemArgon2
  const passwords = new Passwords(accounts, new PasswordHasher(hashing.password, options.passwordArgon2 ?? argon2))
  const throttle = new SignInThrottle(clock, () => (settings.get('lockout.blacklistAfter') > 0 ? DAY_MS : HALF_HOUR_MS))
  const lockouts = await Lockouts.open({ ...shared, throttle, sessions, ipRules, addressRules, settings })
  const devices = new KnownDevices(shared)
  const signIns = new SignInService({
    accounts,
    sessions,
    tokens,
    passwords,
    throttle,
    devices,
    lockouts,
    audit,
    clock,
    wait: options.wait ?? systemWait,
  })
  const authenticator = new StoresAuthenticator({ clock, accounts, roles, sessions, tokens, keys, usage, settings })
  const guests = new Guests({ ...shared, settings, accounts, sessions })
  const knocks = new Knocks({ ...shared, logger, accounts, sessions, guests, passwords })
  await sessions.removeExpired()
  await tokens.removeExpired()
  const credentials = { accounts, roles, sessions, tokens, keys }
  const connected = { database, changes, settings, ...credentials, signIns, ipRules, lockouts, audit, authenticator }
  const stopWatching = connectChanges(connected, options)
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    stopWatching()
    signIns.close()
    options.passwordArgon2?.close()
    knocks.close()
    try {
      await lockouts.close().catch((error: unknown) => logger.error({ err: error }, 'pauses cannot be written'))
      await usage.close()
      await audit.close()
    } finally {
      await database.close()
    }
  }
  return {
    dataDirectory: options.dataDirectory,
    dataFolderId,
    database,
    secretStoreKind: secrets.kind,
    vault: secrets.vault,
    settings,
    accounts,
    roles,
    passwords,
    sessions,
    tokens,
    keys,
    audit,
    usage,
    signIns,
    ipRules,
    addressRules,
    lockouts,
    devices,
    guests,
    invitations: new Invitations(shared),
    invitationUse: new InvitationUse({ ...shared, accounts, sessions, keys, passwords }),
    knocks,
    authenticator,
    ownerSessions: new OwnerSessions(accounts, sessions),
    changes,
    close: () => (closing ??= close()),
  }
}

type Connected = Pick<
  Stores,
  | 'database'
  | 'changes'
  | 'settings'
  | 'accounts'
  | 'roles'
  | 'sessions'
  | 'tokens'
  | 'keys'
  | 'signIns'
  | 'ipRules'
  | 'lockouts'
  | 'audit'
> & {
  readonly authenticator: StoresAuthenticator
}

/** What ends nobody's access when it changes. */
const holdsNoCredential: readonly ChangedResource[] = ['settings', 'ipRules', 'lockouts', 'invitations']

/** Own writes end credentials at once; writes of other processes as soon as the data version shows them. */
function connectChanges(connected: Connected, options: OpenStoresOptions): () => void {
  const { changes, settings, accounts, roles, sessions, tokens, keys, ipRules, lockouts, authenticator } = connected
  const { logger } = options
  const orLog = (done: Promise<void>, failure: string): void => {
    done.catch((error: unknown) => logger.error({ err: error }, failure))
  }
  let tokensOn = settings.get('tokens.on')
  settings.onChange(() => {
    changes.emit('settings')
    if (settings.get('tokens.on') === tokensOn) return
    tokensOn = !tokensOn
    authenticator.announceChange()
  })
  changes.on((resource) => {
    if (holdsNoCredential.includes(resource)) return
    // What ends an account's access deletes its sessions, tokens and keys too, so all are read again.
    accounts.dropCache()
    roles.dropCache()
    sessions.dropCache()
    tokens.dropCache()
    keys.dropRows()
    authenticator.announceChange()
  })
  const watcher = watchRevision({
    dataVersion: () => connected.database.dataVersion(),
    logger,
    intervalMs: options.watchMs ?? WATCH_MS,
    onForeignChange: () => {
      keys.forgetVerified()
      changes.emit('users')
      changes.emit('keys')
      changes.emit('sessions')
      changes.emit('workflows')
      changes.emit('roles')
      orLog(settings.reload(), 'settings cannot be read again')
      orLog(ipRules.reload(), 'rules for addresses cannot be read again')
      orLog(lockouts.reload(), 'pauses cannot be read again')
      changes.emit('invitations')
      connected.audit.changedElsewhere()
    },
    onTick: () => {
      connected.signIns.recordEndedPauses()
      orLog(lockouts.tick(), 'pauses cannot be written')
      orLog(ipRules.removeEnded(), 'rules that have ended cannot be removed')
      orLog(authenticator.announceExpired(), 'expired credentials cannot be looked up')
    },
  })
  return () => watcher.close()
}
