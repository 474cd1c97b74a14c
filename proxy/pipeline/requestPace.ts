import { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import { toAddressGroup } from '../core/addresses.ts'
import type { Credential, Principal } from './requestContext.ts'
import type { SettingsReader } from './services.ts'

const WINDOW_SECONDS = 60
/** How many sources are remembered. Whoever is forgotten begins with a full minute: those who asked longest ago. */
const MAX_BUCKETS = 50_000
/** What all of a person's keys and sign-ins may ask for together, in parts of what one of them may. */
const ACCOUNT_FACTOR = 2

/** What is asked for within a minute, and whose. Named as the field RateLimit-Policy names it. */
type PolicyName = 'key' | 'person' | 'address' | 'stranger'

interface Bucket {
  readonly policy: PolicyName
  perMinute: number
  left: number
  atMs: number
}

/** Who asks, as the stage knows it. */
export interface PacedRequest {
  readonly clientAddress: string
  readonly principal: Principal | undefined
}

/**
 * How many requests a minute: of each key, each person, each address, and, far fewer, of each address without a
 * credential that holds. A minute's worth may come at once; after that they come back evenly. Strangers have a count of
 * their own, so that somebody behind the same tunnel or router cannot use up what those who signed in may ask for.
 */
export class RequestPace {
  readonly #clock: Clock
  readonly #settings: SettingsReader
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, settings: SettingsReader) {
    this.#clock = clock
    this.#settings = settings
  }

  /**
   * Counts the request, unless it is one too many of any count.
   * @throws GateError RATE_LIMITED with `retryAfterSeconds` and the values of the fields RateLimit and RateLimit-Policy
   */
  take({ clientAddress, principal }: PacedRequest): void {
    const group = toAddressGroup(clientAddress)
    if (principal === undefined) {
      this.#takeAll([this.#find('stranger', group, this.#settings.get('limits.strangerRequestsPerMinute'))])
      return
    }
    const perSource = this.#settings.get('limits.requestsPerMinute')
    const { accountId, credential } = principal
    const ofAddress = this.#find('address', group, this.#settings.get('limits.requestsPerMinutePerAddress'))
    const keyId = findKeyId(credential)
    if (keyId !== undefined) {
      const ofKey = this.#find('key', keyId, perSource)
      const ofAll = this.#find('person', `${accountId} with keys`, perSource * ACCOUNT_FACTOR)
      this.#takeAll([ofKey, ofAll, ofAddress])
    } else if (credential.kind === 'session' && credential.fromOwnerWindow) {
      // Tunnels end at this computer: whoever comes through one, or has an account on it, does not stop its owner.
      this.#takeAll([this.#find('person', accountId, perSource)])
    } else {
      this.#takeAll([this.#find('person', accountId, perSource), ofAddress])
    }
  }

  #takeAll(buckets: readonly Bucket[]): void {
    for (const { left, policy, perMinute } of buckets) if (left < 1) throw tooMany(policy, perMinute, left)
    for (const bucket of buckets) bucket.left -= 1
  }

  /** With what has come back since it was last asked for. */
  #find(policy: PolicyName, source: string, perMinute: number): Bucket {
    const nowMs = this.#clock.nowMs()
    const name = `${policy} ${source}`
    const known = this.#buckets.get(name)
    if (known === undefined) {
      const bucket = { policy, perMinute, left: perMinute, atMs: nowMs }
      this.#remember(name, bucket)
      return bucket
    }
    const elapsedMs = Math.max(0, nowMs - known.atMs)
    known.left = Math.min(perMinute, known.left + (elapsedMs * perMinute) / (WINDOW_SECONDS * 1000))
    known.atMs = nowMs
    known.perMinute = perMinute
    return known
  }

  #remember(name: string, bucket: Bucket): void {
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetSome()
    this.#buckets.set(name, bucket)
  }

  /** First those who have their whole minute again; they lose nothing. Then, if need be, whoever came first. */
  #forgetSome(): void {
    const fullSinceMs = this.#clock.nowMs() - WINDOW_SECONDS * 1000
    for (const [name, { atMs }] of this.#buckets) if (atMs <= fullSinceMs) this.#buckets.delete(name)
    for (const name of this.#buckets.keys()) {
      if (this.#buckets.size < MAX_BUCKETS / 2) return
      this.#buckets.delete(name)
    }
  }
}

/** What a tool holds, whose floods do not keep its person waiting. */
function findKeyId(credential: Credential): string | undefined {
  if (credential.kind === 'apiKey') return credential.keyId
  return credential.kind === 'token' && credential.use === 'api' ? credential.tokenId : undefined
}

const words: Readonly<Record<PolicyName, string>> = {
  key: 'This key asked too often',
  person: 'You asked too often',
  address: 'Too many requests came from this address',
  stranger: 'Too many requests came from this address without signing in',
}

function tooMany(policy: PolicyName, perMinute: number, left: number): GateError {
  const retryAfterSeconds = Math.ceil(((1 - left) * WINDOW_SECONDS) / perMinute)
  return new GateError('RATE_LIMITED', `${words[policy]}. Try again in ${inSeconds(retryAfterSeconds)}.`, {
    details: {
      retryAfterSeconds,
      rateLimitPolicy: `"${policy}";q=${perMinute};w=${WINDOW_SECONDS}`,
      rateLimit: `"${policy}";r=0;t=${retryAfterSeconds}`,
    },
  })
}

const inSeconds = (seconds: number): string => (seconds === 1 ? 'a second' : `${seconds} seconds`)
