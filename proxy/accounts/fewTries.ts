import { isLoopbackAddress, toAddressGroup } from '../core/addresses.ts'
import type { Clock } from '../core/clock.ts'
import { GateError } from '../contract/errorCodes.ts'

/** Whoever sends more addresses than this has been refused long before by what each of them may do. */
const MAX_SOURCES = 5000

export interface TryLimit {
  readonly tries: number
  readonly perMs: number
}

/**
 * Who asks, for counting: an address, an IPv6 network, or this computer. Tunnels and proxies make strangers of everywhere
 * come from here, so all its addresses are one.
 */
export const toSource = (address: string): string => (isLoopbackAddress(address) ? 'loopback' : toAddressGroup(address))

/** A few tries for each source in a while, in bounded memory. */
export class FewTries {
  readonly #clock: Clock
  readonly #limit: TryLimit
  readonly #sources = new Map<string, { tries: number; sinceMs: number }>()

  constructor(clock: Clock, limit: TryLimit) {
    this.#clock = clock
    this.#limit = limit
  }

  /** @throws GateError RATE_LIMITED with `retryAfterSeconds` when the source has none left */
  refuseSpent(source: string): void {
    const known = this.#find(source)
    if (known === undefined || known.tries < this.#limit.tries) return
    const waitMs = known.sinceMs + this.#limit.perMs - this.#clock.nowMs()
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000))
    const minutes = Math.ceil(retryAfterSeconds / 60)
    const wait = minutes === 1 ? 'a minute' : `${minutes} minutes`
    throw new GateError('RATE_LIMITED', `Too many tries. Try again in ${wait}.`, { details: { retryAfterSeconds } })
  }

  count(source: string): void {
    const known = this.#find(source) ?? { tries: 0, sinceMs: this.#clock.nowMs() }
    known.tries += 1
    this.#sources.delete(source)
    this.#sources.set(source, known)
    const [oldest] = this.#sources.keys()
    if (this.#sources.size > MAX_SOURCES && oldest !== undefined) this.#sources.delete(oldest)
  }

  #find(source: string): { tries: number; sinceMs: number } | undefined {
    const known = this.#sources.get(source)
    return known !== undefined && known.sinceMs + this.#limit.perMs > this.#clock.nowMs() ? known : undefined
  }
}
