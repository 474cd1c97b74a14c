import type { ChangedResource } from '../database/changeFeed.ts'
import { watchRevision } from '../database/revisionWatcher.ts'
import type { OpenStoresOptions, Stores } from './stores.ts'
import type { StoresAuthenticator } from './storesAuthenticator.ts'

const WATCH_MS = 250

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
  | 'passwordTries'
  | 'ipRules'
  | 'lockouts'
  | 'audit'
> & {
  readonly authenticator: StoresAuthenticator
}

/** What ends nobody's access when it changes. */
const holdsNoCredential: readonly ChangedResource[] = ['settings', 'ipRules', 'lockouts', 'invitations']

/**
 * Own writes end credentials at once; writes of other processes as soon as the data version shows them.
 * @returns what ends the watching
 */
export function connectChanges(connected: Connected, options: OpenStoresOptions): () => void {
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
      connected.passwordTries.recordEndedPauses()
      orLog(lockouts.tick(), 'pauses cannot be written')
      orLog(ipRules.removeEnded(), 'rules that have ended cannot be removed')
      orLog(authenticator.announceExpired(), 'expired credentials cannot be looked up')
    },
  })
  return () => watcher.close()
}
