/** How much of the time something may work that is anybody's to cause. */
export interface RestOptions {
  /** Part of the time, over a long while: 0.5 rests as long as it works. */
  readonly share: number
  /** Milliseconds of work without a rest, after a rest that was long enough. */
  readonly burstMs: number
}

/** Milliseconds of work that may be spent, which come back with time. */
export class RestBudget {
  readonly #options: RestOptions
  #leftMs: number
  #countedAt = performance.now()

  constructor(options: RestOptions) {
    this.#options = options
    this.#leftMs = options.burstMs
  }

  /** Work has taken this long; it may be more than was left. */
  spend(workedMs: number): void {
    this.#count()
    this.#leftMs -= workedMs
  }

  /** How long to rest before the next piece of work, in milliseconds; 0: none. */
  restMs(): number {
    this.#count()
    return this.#leftMs > 0 ? 0 : Math.ceil((1 - this.#leftMs) / this.#options.share)
  }

  #count(): void {
    const now = performance.now()
    const { share, burstMs } = this.#options
    this.#leftMs = Math.min(burstMs, this.#leftMs + (now - this.#countedAt) * share)
    this.#countedAt = now
  }
}
