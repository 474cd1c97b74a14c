import type { Clock } from '../core/clock.ts'
import { DAY_MS } from '../core/time.ts'

/** A flood from made-up addresses must not fill the memory; whoever comes after them is told of again. */
const MAX_REMEMBERED = 1000

/**
 * Tells of each device that connects for the first time on a day. This computer's own addresses never count: what it
 * sends to itself crosses no firewall, so it shows nothing about who else gets through.
 */
export class FirstDevices {
  readonly #clock: Clock
  readonly #isOwn: (address: string) => boolean
  readonly #seen = new Map<string, number>()
  readonly #listeners = new Set<(address: string) => void>()

  constructor(clock: Clock, isOwn: (address: string) => boolean) {
    this.#clock = clock
    this.#isOwn = isOwn
  }

  /** A connection was accepted from that normalised address. */
  connected(address: string): void {
    const day = Math.floor(this.#clock.nowMs() / DAY_MS)
    if (this.#seen.get(address) === day || this.#isOwn(address)) return
    if (this.#seen.size >= MAX_REMEMBERED) this.#seen.clear()
    this.#seen.set(address, day)
    for (const listener of this.#listeners) listener(address)
  }

  /** Whoever connects next counts as new, also those who were here today. */
  startOver(): void {
    this.#seen.clear()
  }

  onFirst(listener: (address: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
