import { isLoopbackAddress, toAddressGroup } from '../core/addresses.ts'
import type { Clock } from '../core/clock.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { AuthenticationInput, Authenticator, Credential, Principal } from '../pipeline/requestContext.ts'
import { mayAdminister } from '../policy/rights.ts'
import { toNameKey } from './accountName.ts'
import { isUsable } from './account.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './accountStore.ts'
import type { ApiKeyStore, KnownKey } from './apiKeyStore.ts'
import type { KnownRole, RoleStore } from './roleStore.ts'
import type { Session, SessionStore } from './sessionStore.ts'
import { looksLikeToken } from './tokenSigner.ts'
import type { Token, TokenStore } from './tokenStore.ts'
import type { UsageRecorder } from './usageRecorder.ts'

export interface StoresAuthenticatorOptions {
  readonly clock: Clock
  readonly accounts: AccountStore
  readonly roles: RoleStore
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  readonly keys: ApiKeyStore
  readonly usage: UsageRecorder
  readonly settings: { get(name: 'tokens.on'): boolean }
}

const invalid = (message: string): GateError => new GateError('AUTH_INVALID', message)
const keyRefused = (): GateError => invalid('This key is not valid. It may have expired or been revoked.')
const sessionRefused = (): GateError => invalid('You are signed out. Sign in again.')
const tokenRefused = (): GateError => invalid('This token is not valid. It may have expired or been revoked.')

/** Sessions that somebody holds open are looked at once in this time for having expired. */
const EXPIRY_CHECK_MS = 1000

/** Decides who a credential belongs to, from memory when nothing was written since. */
export class StoresAuthenticator implements Authenticator {
  readonly #options: StoresAuthenticatorOptions
  readonly #listeners = new Set<() => void>()
  /** Credentials this process has let in, with the time they end by themselves: sockets may hang on them. */
  readonly #expiries = new Map<string, () => Promise<number | undefined>>()
  readonly #ofKey = new WeakMap<KnownKey, { readonly person: UsablePerson; readonly principal: Principal }>()
  #nextExpiryCheckMs = 0

  constructor(options: StoresAuthenticatorOptions) {
    this.#options = options
  }

  async authenticate(input: AuthenticationInput): Promise<Principal> {
    const { presented } = input
    switch (presented.kind) {
      case 'sessionCookie':
        return this.#authenticateSession(presented.token, input)
      case 'tokenCookie':
        return this.#authenticateToken(presented.token, input)
      case 'bearer':
      case 'subprotocol':
      case 'queryToken':
        if (looksLikeToken(presented.token)) return this.#authenticateToken(presented.token, input)
        return (await this.#authenticateKey(presented.token, input)).principal
      case 'basic': {
        const { principal, name } = await this.#authenticateKey(presented.key, input)
        // The key must be that user's: otherwise logs and proxies would name the wrong person.
        if (toNameKey(presented.userName) !== toNameKey(name)) throw keyRefused()
        return principal
      }
    }
  }

  recall(input: AuthenticationInput): Principal | undefined {
    const { presented } = input
    switch (presented.kind) {
      case 'sessionCookie':
        return this.#recallSession(presented.token, input)
      case 'tokenCookie':
        return this.#recallToken(presented.token, input)
      case 'bearer':
      case 'subprotocol':
      case 'queryToken':
        if (looksLikeToken(presented.token)) return this.#recallToken(presented.token, input)
        return this.#recallKey(presented.token, input)
      case 'basic':
        return undefined
    }
  }

  async reauthenticate(principal: Principal): Promise<Principal | undefined> {
    const person = await this.#findUsable(principal.accountId)
    if (person === undefined) return undefined
    const credential = await this.#refresh(principal.credential, person.account.id)
    return credential === undefined ? undefined : toPrincipal(person, credential)
  }

  onCredentialsChanged(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells listeners that credentials may have ended. */
  announceChange(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** Called often: announces a change when a credential that was let in has expired meanwhile. */
  async announceExpired(): Promise<void> {
    const now = this.#options.clock.nowMs()
    if (now < this.#nextExpiryCheckMs) return
    this.#nextExpiryCheckMs = now + EXPIRY_CHECK_MS
    let hasExpired = false
    for (const [key, readExpiry] of this.#expiries) {
      const expiresAtMs = await readExpiry()
      if (expiresAtMs !== undefined && expiresAtMs > now) continue
      this.#expiries.delete(key)
      hasExpired = true
    }
    if (hasExpired) this.announceChange()
  }

  async #authenticateSession(token: string, input: AuthenticationInput): Promise<Principal> {
    const session = await this.#options.sessions.findByToken(token)
    if (session === undefined || !isSessionUsable(session, input)) throw sessionRefused()
    const person = await this.#findUsable(session.accountId)
    if (person === undefined) throw sessionRefused()
    this.#useSession(session.id, person.account.id)
    return toPrincipal(person, toSessionCredential(session))
  }

  #recallSession(token: string, input: AuthenticationInput): Principal | undefined {
    const session = this.#options.sessions.recallByToken(token)
    if (session === undefined || !isSessionUsable(session, input)) return undefined
    const person = this.#recallUsable(session.accountId)
    if (person === undefined) return undefined
    this.#useSession(session.id, person.account.id)
    return toPrincipal(person, toSessionCredential(session))
  }

  #useSession(id: string, accountId: string): void {
    this.#options.usage.recordSession(id, accountId)
    this.#watch('session:', id, async () =>
      this.#endOf((await this.#options.sessions.find(id))?.expiresAtMs, accountId),
    )
  }

  async #authenticateToken(text: string, input: AuthenticationInput): Promise<Principal> {
    if (!this.#takesTokens(input)) throw tokenRefused()
    const token = await this.#options.tokens.verify(text)
    if (token === undefined || !isTokenUsable(token, input)) throw tokenRefused()
    const person = await this.#findUsable(token.accountId)
    if (person === undefined) throw tokenRefused()
    return this.#useToken(token, person)
  }

  #recallToken(text: string, input: AuthenticationInput): Principal | undefined {
    if (!this.#takesTokens(input)) return undefined
    const token = this.#options.tokens.recall(text)
    if (token === undefined || !isTokenUsable(token, input)) return undefined
    const person = this.#recallUsable(token.accountId)
    return person === undefined ? undefined : this.#useToken(token, person)
  }

  #takesTokens({ listener }: AuthenticationInput): boolean {
    return listener === 'public' && this.#options.settings.get('tokens.on')
  }

  #useToken(token: Token, person: UsablePerson): Principal {
    const { id, accountId } = token
    this.#options.usage.recordToken(id, accountId)
    this.#watch('token:', id, async () => this.#endOf((await this.#options.tokens.find(id))?.expiresAtMs, accountId))
    return toPrincipal(person, toTokenCredential(token))
  }

  async #authenticateKey(text: string, input: AuthenticationInput): Promise<{ principal: Principal; name: string }> {
    const key = await this.#options.keys.verify(text)
    const person = key === undefined ? undefined : await this.#findUsable(key.accountId)
    if (key === undefined || person === undefined) throw keyRefused()
    const { account } = person
    const principal = toPrincipal(person, toKeyCredential(key))
    // The owner's listener is for the owner's window and for tools that may administer, nobody else.
    if (input.listener === 'owner' && !mayAdminister(principal)) throw keyRefused()
    this.#options.usage.recordKey(key.id, account.id, input.clientAddress)
    if (!input.secure && !isLoopbackAddress(input.clientAddress)) await this.#options.keys.flagUnprotected(key.id)
    this.#watchKey(key)
    return { principal, name: account.name }
  }

  #recallKey(text: string, input: AuthenticationInput): Principal | undefined {
    const { keys, usage } = this.#options
    const key = keys.recall(text)
    const person = key === undefined ? undefined : this.#recallUsable(key.accountId)
    if (key === undefined || person === undefined) return undefined
    const principal = this.#principalOfKey(key, person)
    if (input.listener === 'owner' && !mayAdminister(principal)) return undefined
    if (!input.secure && !keys.isFlagged(key.id) && !isLoopbackAddress(input.clientAddress)) return undefined
    usage.recordKey(key.id, key.accountId, input.clientAddress)
    this.#watchKey(key)
    return principal
  }

  /** Made once for each row of the key, of the account and of the role. */
  #principalOfKey(key: KnownKey, person: UsablePerson): Principal {
    const before = this.#ofKey.get(key)
    if (before?.person.account === person.account && before.person.role === person.role) return before.principal
    const principal = toPrincipal(person, toKeyCredential(key))
    this.#ofKey.set(key, { person, principal })
    return principal
  }

  #watchKey({ id, expiresAtMs, accountId }: KnownKey): void {
    const { keys, accounts } = this.#options
    if (expiresAtMs === null && accounts.recall(accountId)?.expiresAtMs === null) return
    this.#watch('key:', id, async () => {
      const key = await keys.find(id)
      return this.#endOf(key === undefined ? undefined : (key.expiresAtMs ?? Infinity), accountId)
    })
  }

  /** A guest's account ends before their session. */
  async #endOf(expiresAtMs: number | undefined, accountId: string): Promise<number | undefined> {
    const account = await this.#options.accounts.find(accountId)
    return expiresAtMs === undefined ? undefined : Math.min(expiresAtMs, account?.expiresAtMs ?? Infinity)
  }

  async #refresh(credential: Credential, accountId: string): Promise<Credential | undefined> {
    if (credential.kind === 'session') {
      const session = await this.#options.sessions.find(credential.sessionId)
      return session?.accountId === accountId ? toSessionCredential(session) : undefined
    }
    if (credential.kind === 'token') {
      const token = await this.#options.tokens.find(credential.tokenId)
      const holds = token?.accountId === accountId && this.#options.settings.get('tokens.on')
      return holds ? toTokenCredential(token) : undefined
    }
    const key = await this.#options.keys.find(credential.keyId)
    return key?.accountId === accountId ? toKeyCredential(key) : undefined
  }

  async #findUsable(accountId: string): Promise<UsablePerson | undefined> {
    const { accounts, roles, clock } = this.#options
    const account = await accounts.find(accountId)
    if (!isUsable(account, clock.nowMs())) return undefined
    const role = await roles.find(account.role)
    return role === undefined ? undefined : { account, role }
  }

  #recallUsable(accountId: string): UsablePerson | undefined {
    const { accounts, roles, clock } = this.#options
    const account = accounts.recall(accountId)
    if (!isUsable(account, clock.nowMs())) return undefined
    const role = roles.recall(account.role)
    return role === undefined ? undefined : { account, role }
  }

  #watch(kind: 'session:' | 'token:' | 'key:', id: string, readExpiry: () => Promise<number | undefined>): void {
    const key = kind + id
    if (!this.#expiries.has(key)) this.#expiries.set(key, readExpiry)
  }
}

/**
 * Session fixation and theft across schemes, listeners and devices: a session works only where it was made, and the
 * desktop app's own, which need no password and never expire, only on this computer.
 */
function isSessionUsable(session: Session, input: AuthenticationInput): boolean {
  const listener = session.surface === 'people' ? 'public' : session.surface
  const isHere = !session.fromOwnerWindow || isLoopbackAddress(input.clientAddress)
  return session.secure === input.secure && input.listener === listener && isHere
}

/**
 * A planted cookie: another server on this host name, or anybody over plain HTTP, can give a browser a token of their
 * own, and what its person then makes is theirs to see. So a browser's counts only where `/login` set it: over the same
 * scheme and from the same address. A tool sets its cookie itself, so any token of its will do.
 */
function isTokenUsable(token: Token, { presented, secure, clientAddress }: AuthenticationInput): boolean {
  if (presented.kind !== 'tokenCookie') return true
  if (token.use === 'cookie' && token.secure !== secure) return false
  if (!presented.fromBrowser) return true
  return token.use === 'cookie' && toAddressGroup(token.address) === toAddressGroup(clientAddress)
}

/** Somebody who may come in, and what as. */
interface UsablePerson {
  readonly account: Account
  readonly role: KnownRole
}

export const toPrincipal = ({ account, role }: UsablePerson, credential: Credential): Principal => ({
  accountId: account.id,
  name: account.name,
  role: role.id,
  roleTitle: role.title,
  baseRole: role.base,
  permissions: role.permissions,
  credential,
})

const toSessionCredential = (session: Session): Credential => ({
  kind: 'session',
  sessionId: session.id,
  surface: session.surface,
  fromOwnerWindow: session.fromOwnerWindow,
})

const toTokenCredential = ({ id, use }: Token): Credential => ({ kind: 'token', tokenId: id, use })

const toKeyCredential = ({ id, scopes, workflowId }: KnownKey): Credential => ({
  kind: 'apiKey',
  keyId: id,
  scopes,
  workflowId,
})
