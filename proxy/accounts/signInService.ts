import type { AuditEvent, AuditSink } from '../contract/audit.ts'
import type { Clock } from '../core/clock.ts'
import { toAddressGroup } from '../core/addresses.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { ErrorCode } from '../contract/errorCodes.ts'
import type { TokenUse } from '../pipeline/requestContext.ts'
import type { ActedBy } from './actedBy.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './accountStore.ts'
import { kindOfCounter, toAddressCounter, toDeviceCounter, toNameCounter } from './counterKeys.ts'
import { describeDevice } from './deviceName.ts'
import type { HashTurn } from './hashLane.ts'
import { HeldRefusals } from './heldRefusals.ts'
import type { Wait } from './heldRefusals.ts'
import type { KnownDevices } from './knownDevices.ts'
import type { Lockouts } from './lockouts.ts'
import type { PasswordHash } from './passwordHasher.ts'
import { maxPasswordBytes } from './passwordPolicy.ts'
import { knownTurn } from './passwords.ts'
import type { PasswordHashes } from './passwordHashes.ts'
import type { Passwords } from './passwords.ts'
import { PausedTries } from './pausedTries.ts'
import type { Session, SessionStore } from './sessionStore.ts'
import type { Token, TokenStore } from './tokenStore.ts'
import type { SignInThrottle, ThrottleState } from './signInThrottle.ts'

export interface SignInRequest {
  readonly userName: string
  readonly password: string
  readonly clientAddress: string
  readonly secure: boolean
  /** The client's User-Agent, kept only in words. */
  readonly userAgent: string | undefined
  /** What the browser is known by in which somebody signed in before. */
  readonly deviceToken?: string | undefined
  /** What the session is for; left out: people's things. Of administration only administrators get one. */
  readonly surface?: 'people' | 'administration'
}

/** A password to be looked at, and by what its tries are counted. */
export type ProofRequest = Pick<SignInRequest, 'userName' | 'password' | 'clientAddress' | 'deviceToken'> &
  Partial<Pick<SignInRequest, 'userAgent'>>

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
  readonly throttle: SignInThrottle
  readonly devices: KnownDevices
  readonly lockouts: Pick<Lockouts, 'blocks' | 'isBlocked'>
  readonly audit: AuditSink
  readonly clock: Clock
  /** Holds back what a pause refuses. */
  readonly wait: Wait
}

/** What a wrong password is answered with. */
interface Refusal {
  readonly code: ErrorCode
  readonly sentence: string
}

const signInFailed: Refusal = { code: 'SIGN_IN_FAILED', sentence: 'Name or password is not right.' }
const blockedWords =
  'Too many wrong passwords. This address is blocked until whoever runs this computer lets it in again.'
const BUSY_HELD_MS = 1000
const strangersTurn: HashTurn = { line: 'strangers' }

/** Not 401: the session holds, and a page would take it for signed out. */
const wrongPassword: Refusal = { code: 'PASSWORD_REQUIRED', sentence: 'That is not your password.' }

const changedMeanwhile = (): GateError =>
  new GateError('SIGN_IN_FAILED', 'This account was changed at this moment. Try again.')

/** Signing in with name and password on the public listener, and proving a password again later. */
export class SignInService {
  readonly #options: SignInServiceOptions
  readonly #held: HeldRefusals
  readonly #pausedTries: PausedTries

  constructor(options: SignInServiceOptions) {
    this.#options = options
    this.#held = new HeldRefusals(options.wait)
    this.#pausedTries = new PausedTries(options.clock, options.audit)
  }

  /**
   * Refuses an address that is paused before anything of the try is read: the cheapest way to say no. A browser in which
   * somebody signed in before goes on; whose name it tries decides which count is its.
   * Nor does one that is blocked guess on where a list of allowed addresses still lets it connect.
   * @throws GateError RATE_LIMITED (with `retryAfterSeconds` and `failedAttempts`), TOO_MANY_CONNECTIONS, ADDRESS_BLOCKED
   */
  async refusePausedAddress(clientAddress: string, deviceToken?: string): Promise<void> {
    const { devices, lockouts } = this.#options
    const state = this.#state([toAddressCounter(clientAddress)])
    const isBlocked = lockouts.isBlocked(clientAddress)
    if ((state.waitMs === 0 && !isBlocked) || (await devices.find(deviceToken)) !== undefined) return
    if (state.waitMs > 0) await this.#refusePaused(state, clientAddress, {})
    throw new GateError('ADDRESS_BLOCKED', blockedWords)
  }

  /** Called often: records how many tries were refused by pauses that are over. */
  recordEndedPauses(): void {
    this.#pausedTries.tellEnded()
  }

  /** Records the rest of what pauses refused; called before the log is closed. */
  close(): void {
    this.#pausedTries.close()
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
  async prove(request: ProofRequest): Promise<Proven> {
    await this.refusePausedAddress(request.clientAddress, request.deviceToken)
    const account = await this.#options.accounts.findByName(request.userName)
    const hashBefore = account === undefined ? undefined : await this.#options.passwordHashes.find(account.id)
    await this.#prove(account, request, signInFailed)
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
    from: string | Pick<ProofRequest, 'clientAddress' | 'deviceToken' | 'userAgent'>,
  ): Promise<void> {
    const asking = typeof from === 'string' ? { clientAddress: from } : from
    await this.#prove(account, { userName: account.name, password, ...asking }, wrongPassword, knownTurn(account.id))
  }

  /** `knownAs`: the turn of somebody who is signed in; left out, a browser that is known has one, and nobody else. */
  async #prove(
    account: Account | undefined,
    request: ProofRequest,
    refusal: Refusal,
    knownAs?: HashTurn,
  ): Promise<void> {
    const keys = await this.#countersOf(account, request)
    const isKnownBrowser = account !== undefined && keys.every((key) => kindOfCounter(key) === 'device')
    const turn = knownAs ?? (isKnownBrowser ? knownTurn(account.id) : strangersTurn)
    const state = this.#state(keys)
    if (state.waitMs > 0) await this.#refusePaused(state, request.clientAddress, describeAccount(account))
    // Nothing is awaited between the look and this: many at once are no way around the limit.
    this.#options.throttle.begin(keys)
    let isRight: boolean
    try {
      const usable = account?.disabled === false ? account.id : undefined
      // Longer than any password that can be set: hashed would be megabytes of somebody else's choosing.
      const isTooLong = Buffer.byteLength(request.password) > maxPasswordBytes
      isRight = await this.#options.passwords.verify(usable, isTooLong ? '' : request.password, turn)
    } catch (error) {
      this.#options.throttle.withdraw(keys)
      // Nobody's turn came: answered at once, whoever does not wait would keep the gate busy with asking.
      if (error instanceof GateError && error.code === 'RATE_LIMITED') {
        await this.#held.hold(toAddressGroup(request.clientAddress), BUSY_HELD_MS)
      }
      throw error
    }
    if (!isRight) {
      this.#options.audit.record({
        event: 'signIn.failed',
        actor: { kind: 'unknown' },
        address: request.clientAddress,
        details: {
          ...describeAccount(account),
          device: describeDevice(request.userAgent),
          ...this.#describeTries(keys),
        },
      })
      this.#options.throttle.note(keys, { accountId: account?.id, device: describeDevice(request.userAgent) })
      throw (await this.#findBlock(keys, request.clientAddress)) ?? this.#toError(refusal, keys)
    }
    // The address keeps its earlier failures: somebody's own account must not wash away guesses at others'.
    this.#options.throttle.succeed(
      keys,
      keys.filter((key) => kindOfCounter(key) !== 'address'),
    )
  }

  /**
   * Keeping somebody out by wrong passwords: a browser in which this very person signed in before is counted by itself,
   * and neither for its address nor for the name.
   */
  async #countersOf(account: Account | undefined, request: ProofRequest): Promise<readonly string[]> {
    const device = await this.#options.devices.find(request.deviceToken)
    if (device !== undefined && account !== undefined && device.accountIds.includes(account.id)) {
      return [toDeviceCounter(device.tokenHash, account.id)]
    }
    return [toAddressCounter(request.clientAddress), toNameCounter(request.userName)]
  }

  async #findBlock(keys: readonly string[], address: string): Promise<GateError | undefined> {
    const [key] = keys.filter((one) => kindOfCounter(one) === 'address')
    if (key === undefined) return undefined
    const { failures: failedAttempts } = this.#state([key])
    if (!(await this.#options.lockouts.blocks(address, failedAttempts))) return undefined
    return new GateError('ADDRESS_BLOCKED', blockedWords, { details: { failedAttempts } })
  }

  #describeTries(keys: readonly string[]): Readonly<Record<string, number>> {
    const { failures: tries, waitMs } = this.#state(keys)
    return { tries, ...(waitMs > 0 && { waitSeconds: Math.ceil(waitMs / 1000) }) }
  }

  #state(keys: readonly string[]): ThrottleState {
    return this.#options.throttle.state(keys)
  }

  async #refusePaused(
    { waitMs, failures: failedAttempts }: ThrottleState,
    address: string,
    about: Readonly<Record<string, string>>,
  ): Promise<never> {
    const source = toAddressGroup(address)
    if (!this.#pausedTries.count(source)) {
      const details = { ...about, tries: failedAttempts, waitSeconds: Math.ceil(waitMs / 1000) }
      const event: AuditEvent = { event: 'signIn.paused', actor: { kind: 'unknown' }, address, details }
      this.#pausedTries.begin(source, waitMs, event)
    }
    const retryAfterSeconds = Math.ceil(waitMs / 1000)
    await this.#held.hold(source, waitMs)
    throw new GateError('RATE_LIMITED', `Too many wrong tries. Try again in ${retryAfterSeconds} seconds.`, {
      details: { retryAfterSeconds, failedAttempts },
    })
  }

  #toError({ code, sentence }: Refusal, keys: readonly string[]): GateError {
    const { waitMs, triesLeft, nextPauseMs } = this.#options.throttle.state(keys)
    const next =
      waitMs > 0
        ? `Try again in ${Math.ceil(waitMs / 1000)} seconds.`
        : `${triesLeft} more ${triesLeft === 1 ? 'try' : 'tries'}, then a pause of ${nextPauseMs / 1000} seconds.`
    return new GateError(code, `${sentence} ${next}`, {
      details: waitMs > 0 ? { retryAfterSeconds: Math.ceil(waitMs / 1000) } : { triesLeft },
    })
  }
}

const notAnAdministrator = (): GateError =>
  new GateError(
    'PERMISSION_DENIED',
    'Only administrators sign in here. Your own page is at the address that everybody uses.',
  )

/** A name that nobody has is not recorded as typed: people type passwords into that field. */
const describeAccount = (account: Account | undefined): Readonly<Record<string, string>> =>
  account === undefined ? { name: 'unknown name' } : { account: account.id, name: account.name }
