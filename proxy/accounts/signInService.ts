import { GateError } from '../contract/errorCodes.ts'
import type { TokenUse } from '../pipeline/requestContext.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './accountStore.ts'
import type { ActedBy } from './actedBy.ts'
import { describeDevice } from './deviceName.ts'
import type { KnownDevices } from './knownDevices.ts'
import type { PasswordHash } from './passwordHasher.ts'
import type { PasswordHashes } from './passwordHashes.ts'
import { knownTurn } from './passwords.ts'
import type { Passwords } from './passwords.ts'
import type { PasswordTries, PasswordTry, Refusal } from './passwordTries.ts'
import type { Session, SessionStore } from './sessionStore.ts'
import type { Token, TokenStore } from './tokenStore.ts'

export interface SignInRequest extends PasswordTry {
  readonly userAgent: string | undefined
  readonly secure: boolean
  /** What the session is for; left out: people's things. Of administration only administrators get one. */
  readonly surface?: 'people' | 'administration'
}

/** What a token is asked for with; its name and its password are the request's. */
export interface TokenRequest extends SignInRequest {
  readonly use: TokenUse
  readonly lifetimeMs: number
}

/** Somebody who has just said their password. */
export interface Proven {
  readonly account: Account
  readonly by: ActedBy
  /** Whether it still is: what takes long is done before, and the account may change meanwhile. */
  readonly stillHolds: () => Promise<boolean>
}

export interface SignedIn {
  readonly token: string
  readonly session: Session
  readonly account: Account
  /** What the browser is known by from now on. */
  readonly deviceToken: string
}

export interface SignInServiceOptions {
  readonly accounts: AccountStore
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  readonly passwordHashes: PasswordHashes
  readonly passwords: Passwords
  readonly tries: PasswordTries
  readonly devices: KnownDevices
}

const signInFailed: Refusal = { code: 'SIGN_IN_FAILED', sentence: 'Name or password is not right.' }
/** Not 401: the session holds, and a page would take it for signed out. */
const wrongPassword: Refusal = { code: 'PASSWORD_REQUIRED', sentence: 'That is not your password.' }

const changedMeanwhile = (): GateError =>
  new GateError('SIGN_IN_FAILED', 'This account was changed at this moment. Try again.')

/** Signing in with name and password on the public listener, and proving a password again later. */
export class SignInService {
  readonly #options: SignInServiceOptions

  constructor(options: SignInServiceOptions) {
    this.#options = options
  }

  /**
   * A new session for whoever knows the password. The answer, its cost and its counters are the same for a wrong
   * password, an unknown name, a disabled account and one without a password.
   * @throws GateError SIGN_IN_FAILED, RATE_LIMITED (with `retryAfterSeconds`), TOO_MANY_CONNECTIONS
   */
  async signIn(request: SignInRequest): Promise<SignedIn> {
    const { account, by, stillHolds } = await this.prove(request)
    const { surface = 'people' } = request
    // Said to whoever knows the password, after all that a wrong one costs.
    if (surface === 'administration' && account.role !== 'administrator') throw notAnAdministrator()
    const { token, session } = await this.#options.sessions.open(
      {
        accountId: account.id,
        surface,
        fromOwnerWindow: false,
        secure: request.secure,
        device: describeDevice(request.userAgent),
        address: request.clientAddress,
      },
      by,
    )
    if (!(await stillHolds())) {
      await this.#options.sessions.end(session.id, by)
      throw changedMeanwhile()
    }
    const device = describeDevice(request.userAgent)
    const deviceToken = await this.#options.devices.remember(request.deviceToken, account.id, device)
    return { token, session, account, deviceToken }
  }

  /**
   * A new token for whoever knows the password, under the same counters as signing in.
   * @throws GateError as `signIn`
   */
  async openToken(request: TokenRequest): Promise<{ text: string; token: Token }> {
    const { account, by, stillHolds } = await this.prove(request)
    const { use, lifetimeMs, secure, clientAddress: address } = request
    const device = describeDevice(request.userAgent)
    const created = await this.#options.tokens.create(
      { accountId: account.id, name: account.name, use, lifetimeMs, secure, device, address },
      by,
    )
    if (!(await stillHolds())) {
      await this.#options.tokens.revoke(created.token.id, by)
      throw changedMeanwhile()
    }
    return created
  }

  /**
   * Whose name and password these are, without signing them in.
   * @throws GateError as `signIn`
   */
  async prove(request: PasswordTry): Promise<Proven> {
    const { accounts, passwordHashes, tries } = this.#options
    await tries.refusePausedAddress(request.clientAddress, request.deviceToken)
    const account = await accounts.findByName(request.userName)
    const hashBefore = account === undefined ? undefined : await passwordHashes.find(account.id)
    await tries.check(account, request, signInFailed)
    if (account === undefined) throw new TypeError('a password was right for nobody')
    const actor = { kind: 'account', id: account.id, name: account.name } as const
    return {
      account,
      by: { actor, address: request.clientAddress },
      stillHolds: () => this.#isStillRight(account.id, hashBefore, request.password),
    }
  }

  /**
   * What changes a password or disables an account ends the sessions there are. The one of a sign-in that was on its
   * way with the old password comes after that, so it is looked at again once it is there.
   */
  async #isStillRight(accountId: string, hashBefore: PasswordHash | undefined, password: string): Promise<boolean> {
    const { accounts, passwordHashes, passwords } = this.#options
    const account = await accounts.find(accountId)
    if (account === undefined || account.disabled) return false
    const hash = await passwordHashes.find(accountId)
    return hash === hashBefore || passwords.verify(accountId, password, knownTurn(accountId))
  }

  /**
   * Asks for one's own password again, under the same counters as signing in.
   * @throws GateError PASSWORD_REQUIRED when it is wrong, RATE_LIMITED
   */
  async provePassword(
    account: Account,
    password: string,
    from: string | Pick<PasswordTry, 'clientAddress' | 'deviceToken' | 'userAgent'>,
  ): Promise<void> {
    const asking = typeof from === 'string' ? { clientAddress: from } : from
    const tried = { userName: account.name, password, ...asking }
    await this.#options.tries.check(account, tried, wrongPassword, knownTurn(account.id))
  }
}

const notAnAdministrator = (): GateError =>
  new GateError(
    'PERMISSION_DENIED',
    'Only administrators sign in here. Your own page is at the address that everybody uses.',
  )
