import type { Network } from '../proxy/contract/sharing.ts'
import type { Clock } from '../proxy/core/clock.ts'
import type { NetworkReading } from '../proxy/network/identity/networkReading.ts'

export interface NetworkWatchOptions {
  readonly clock: Clock
  readonly read: () => Promise<NetworkReading>
  /** Changes when an address or a network card does. */
  readonly signature: () => string
  /** Reading costs a process on some systems, so it is repeated only so often while nothing has changed. */
  readonly maxAgeMs: number
  /** Nobody looked for so long: the computer slept, and may have woken up elsewhere with the same address. */
  readonly sleepMs: number
}

/** Which network this computer is in, as it was last found out. */
export class NetworkWatch {
  readonly #options: NetworkWatchOptions
  #reading: NetworkReading | undefined
  #signature = ''
  #readAtMs = 0
  #lookedAtMs = 0
  #running: Promise<void> | undefined

  constructor(options: NetworkWatchOptions) {
    this.#options = options
  }

  /** Undefined: in none. Counts for what `look` found. */
  get network(): Network | undefined {
    return this.#reading?.network
  }

  get category(): NetworkReading['category'] {
    return this.#reading?.category
  }

  /** Finds out again when there is reason to. Callers at the same time share one reading. */
  look(): Promise<void> {
    this.#running ??= this.#look().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #look(): Promise<void> {
    const { clock, signature, read, maxAgeMs, sleepMs } = this.#options
    const now = clock.nowMs()
    const hasSlept = Math.abs(now - this.#lookedAtMs) > sleepMs
    this.#lookedAtMs = now
    const seen = signature()
    const isFresh = Math.abs(now - this.#readAtMs) <= maxAgeMs && seen === this.#signature && !hasSlept
    if (this.#reading !== undefined && isFresh) return
    this.#reading = await read()
    this.#signature = seen
    this.#readAtMs = clock.nowMs()
    this.#lookedAtMs = this.#readAtMs
  }
}
