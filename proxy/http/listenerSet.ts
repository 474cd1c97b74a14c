import type { Listener } from './listener.ts'

/** How long a request may still run on an address that is closed. */
const DRAIN_MS = 200

export interface ListenerSetOptions {
  readonly create: () => Listener
  /** A listener is closed: what it carried and knows of by itself is ended by whoever owns it. */
  readonly ended: (listener: Listener) => void
  /** Told after each change, with every address that is listened on. */
  readonly changed: (addresses: readonly string[]) => void
}

/** The same listener on several addresses of one port. */
export class ListenerSet {
  readonly #options: ListenerSetOptions
  readonly #open = new Map<string, Listener>()
  #port: number | undefined

  constructor(options: ListenerSetOptions) {
    this.#options = options
  }

  /**
   * Listens on exactly these: missing ones are opened, others closed with everything they carry.
   * @throws GateError PORT_IN_USE, or what the system says; then nothing is open
   */
  async open(addresses: readonly string[], port: number): Promise<void> {
    const stays = port === this.#port ? addresses : []
    await Promise.all([...this.#open.keys()].filter((address) => !stays.includes(address)).map((a) => this.#end(a)))
    this.#port = port
    try {
      for (const address of addresses) {
        if (this.#open.has(address)) continue
        const listener = this.#options.create()
        await listener.listen(address, port)
        this.#open.set(address, listener)
        this.#tell()
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((address) => this.#end(address)))
  }

  /** For a gate that closes as a whole. */
  takeAll(): Listener[] {
    const all = [...this.#open.values()]
    this.#open.clear()
    return all
  }

  async #end(address: string): Promise<void> {
    const listener = this.#open.get(address)
    this.#open.delete(address)
    this.#tell()
    if (listener === undefined) return
    this.#options.ended(listener)
    await listener.close(DRAIN_MS)
  }

  #tell(): void {
    this.#options.changed([...this.#open.keys()])
  }
}
