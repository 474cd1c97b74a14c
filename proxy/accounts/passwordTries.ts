import type { AuditEvent, AuditSink } from '../contract/audit.ts'
import type { Clock } from '../core/clock.ts'
import { toAddressGroup } from '../core/addresses.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { ErrorCode } from '../contract/errorCodes.ts'
import type { Account } from './account.ts'
import { kindOfCounter, toAddressCounter, toDeviceCounter, toNameCounter } from './counterKeys.ts'
import { describeDevice } from './deviceName.ts'
import type { HashTurn } from './hashLane.ts'
import { HeldRefusals } from './heldRefusals.ts'
import type { Wait } from './heldRefusals.ts'
import type { KnownDevices } from './knownDevices.ts'
import type { Lockouts } from './lockouts.ts'
import { maxPasswordBytes } from './passwordPolicy.ts'
import { knownTurn } from './passwords.ts'
import type { Passwords } from './passwords.ts'
import { PausedTries } from './pausedTries.ts'
import type { SignInThrottle, ThrottleState } from './signInThrottle.ts'

/** A password to be looked at, and by what its tries are counted. */
export interface PasswordTry {
  readonly userName: string
  readonly password: string
  readonly clientAddress: string
  /** The client's User-Agent, kept only in words. */
  readonly userAgent?: string | undefined
  /** What the browser is known by in which somebody signed in before. */
  readonly deviceToken?: string | undefined
}

export interface PasswordTriesOptions {
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
export interface Refusal {
  readonly code: ErrorCode
  readonly sentence: string
}

const blockedWords =
  'Too many wrong passwords. This address is blocked until whoever runs this computer lets it in again.'
const BUSY_HELD_MS = 1000
const strangersTurn: HashTurn = { line: 'strangers' }

/** Tries of passwords: each is counted, wrong ones lead to pauses and to blocks, and are told. */
export class PasswordTries {
  readonly #options: PasswordTriesOptions
  readonly #held: HeldRefusals
  readonly #pausedTries: PausedTries

  constructor(options: PasswordTriesOptions) {
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
   * Whether it is the account's password. `knownAs`: the turn of somebody who is signed in; left out, a browser that is
   * known has one, and nobody else.
   * @throws GateError with the code of `refusal` when it is wrong, RATE_LIMITED, TOO_MANY_CONNECTIONS, ADDRESS_BLOCKED
   */
  async check(account: Account | undefined, tried: PasswordTry, refusal: Refusal, knownAs?: HashTurn): Promise<void> {
    const keys = await this.#countersOf(account, tried)
    const isKnownBrowser = account !== undefined && keys.every((key) => kindOfCounter(key) === 'device')
    const turn = knownAs ?? (isKnownBrowser ? knownTurn(account.id) : strangersTurn)
    const state = this.#state(keys)
    if (state.waitMs > 0) await this.#refusePaused(state, tried.clientAddress, describeAccount(account))
    // Nothing is awaited between the look and this: many at once are no way around the limit.
    this.#options.throttle.begin(keys)
    if (!(await this.#verify(account, tried, turn, keys))) {
      this.#noteWrong(account, tried, keys)
      throw (await this.#findBlock(keys, tried.clientAddress)) ?? this.#toError(refusal, keys)
    }
    // The address keeps its earlier failures: somebody's own account must not wash away guesses at others'.
    this.#options.throttle.succeed(
      keys,
      keys.filter((key) => kindOfCounter(key) !== 'address'),
    )
  }

  async #verify(
    account: Account | undefined,
    { password, clientAddress }: PasswordTry,
    turn: HashTurn,
    keys: readonly string[],
  ): Promise<boolean> {
    const usable = account?.disabled === false ? account.id : undefined
    // Longer than any password that can be set: hashed would be megabytes of somebody else's choosing.
    const isTooLong = Buffer.byteLength(password) > maxPasswordBytes
    try {
      return await this.#options.passwords.verify(usable, isTooLong ? '' : password, turn)
    } catch (error) {
      this.#options.throttle.withdraw(keys)
      // Nobody's turn came: answered at once, whoever does not wait would keep the gate busy with asking.
      if (error instanceof GateError && error.code === 'RATE_LIMITED') {
        await this.#held.hold(toAddressGroup(clientAddress), BUSY_HELD_MS)
      }
      throw error
    }
  }

  #noteWrong(account: Account | undefined, { clientAddress, userAgent }: PasswordTry, keys: readonly string[]): void {
    const device = describeDevice(userAgent)
    this.#options.audit.record({
      event: 'signIn.failed',
      actor: { kind: 'unknown' },
      address: clientAddress,
      details: { ...describeAccount(account), device, ...this.#describeTries(keys) },
    })
    this.#options.throttle.note(keys, { accountId: account?.id, device })
  }

  /**
   * Keeping somebody out by wrong passwords: a browser in which this very person signed in before is counted by itself,
   * and neither for its address nor for the name.
   */
  async #countersOf(account: Account | undefined, tried: PasswordTry): Promise<readonly string[]> {
    const device = await this.#options.devices.find(tried.deviceToken)
    if (device !== undefined && account !== undefined && device.accountIds.includes(account.id)) {
      return [toDeviceCounter(device.tokenHash, account.id)]
    }
    return [toAddressCounter(tried.clientAddress), toNameCounter(tried.userName)]
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

/** A name that nobody has is not recorded as typed: people type passwords into that field. */
const describeAccount = (account: Account | undefined): Readonly<Record<string, string>> =>
  account === undefined ? { name: 'unknown name' } : { account: account.id, name: account.name }
