import type { Firewall } from '../proxy/contract/sharing.ts'
import type { Logger } from '../proxy/core/logger.ts'

export interface FirewallWatchOptions {
  readonly logger: Logger
  /** Reads the firewall for where sharing listens, or would. */
  readonly read: () => Promise<Firewall>
}

/** What the firewall said when it was last asked. Asking costs processes, so it is done when there is a reason. */
export class FirewallWatch {
  readonly #options: FirewallWatchOptions
  readonly #listeners = new Set<() => void>()
  #firewall: Firewall | null = null
  #running = false
  #again = false
  #isClosed = false

  constructor(options: FirewallWatchOptions) {
    this.#options = options
  }

  /** Null: it was not asked yet. */
  get firewall(): Firewall | null {
    return this.#firewall
  }

  /** Asks again, once more if it is being asked already; tells when something changed. */
  look(): void {
    if (this.#running) {
      this.#again = true
      return
    }
    this.#running = true
    void this.#read().finally(() => {
      this.#running = false
      if (!this.#again || this.#isClosed) return
      this.#again = false
      this.look()
    })
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
  }

  async #read(): Promise<void> {
    const before = JSON.stringify(this.#firewall)
    try {
      this.#firewall = await this.#options.read()
    } catch (error) {
      this.#firewall = null
      this.#options.logger.warn({ err: error }, 'the firewall could not be read')
    }
    if (JSON.stringify(this.#firewall) === before) return
    for (const listener of this.#listeners) listener()
  }
}
