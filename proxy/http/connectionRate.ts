import { toAddressGroup } from '../core/addresses.ts'

export interface RateLimits {
  /** How many new connections a second one address may open in the long run. */
  readonly connectionsPerSecond: number
  /** How many of them at once: a page and all its parts, on several tabs. */
  readonly connectionBurst: number
}

/** Whom tunnels and reverse proxies bring share one address, and a program may open one connection for each request. */
const MANY_FACTOR = 10
/** A whole home can be one network of IPv6. */
const NETWORK_FACTOR = 4
/** Whoever is forgotten begins anew: those who connected longest ago. */
const MAX_BUCKETS = 10_000
const TELL_EVERY_MS = 60_000

interface Bucket {
  left: number
  atMs: number
  toldAtMs: number
}

/** Whether a new connection is one too many, and whether that is the first time within a minute. */
export type RateVerdict = 'ok' | 'tooMany' | 'tooManyAgain'

/**
 * New connections of each address: a flood of TLS handshakes takes the one thread that answers everybody. What one may
 * open comes back evenly.
 */
export class ConnectionRate {
  readonly #limits: RateLimits
  readonly #nowMs: () => number
  readonly #buckets = new Map<string, Bucket>()

  /** `nowMs` never goes back. */
  constructor(limits: RateLimits, nowMs: () => number) {
    this.#limits = limits
    this.#nowMs = nowMs
  }

  /** Counts one. `forMany`: many people or programs share the address. */
  take(address: string, forMany: boolean): RateVerdict {
    const factor = forMany ? MANY_FACTOR : 1
    const own = this.#find(address, factor)
    const group = toAddressGroup(address)
    const all = group === address ? own : this.#find(`${group}::/64`, factor * NETWORK_FACTOR)
    if (own.left >= 1 && all.left >= 1) {
      own.left -= 1
      if (all !== own) all.left -= 1
      return 'ok'
    }
    const told = own.left < 1 ? own : all
    const now = this.#nowMs()
    if (now < told.toldAtMs + TELL_EVERY_MS) return 'tooManyAgain'
    told.toldAtMs = now
    return 'tooMany'
  }

  #find(name: string, factor: number): Bucket {
    const now = this.#nowMs()
    const most = this.#limits.connectionBurst * factor
    const known = this.#buckets.get(name) ?? { left: most, atMs: now, toldAtMs: -Infinity }
    const back = ((now - known.atMs) / 1000) * this.#limits.connectionsPerSecond * factor
    known.left = Math.min(most, known.left + back)
    known.atMs = now
    this.#buckets.delete(name)
    this.#buckets.set(name, known)
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > MAX_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest)
    return known
  }
}
