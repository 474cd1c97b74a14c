import type { Logger } from '../proxy/core/logger.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import type { SharedAddress, Sharing } from '../proxy/contract/sharing.ts'

/** An address of this computer on which others could reach it. */
export interface LanAddress {
  readonly address: string
  readonly interface: string
  readonly virtual: boolean
}

export interface SharingDependencies {
  readonly logger: Logger
  readonly settings: {
    isOn(): boolean
    port(): number
    /** Chosen by the owner; empty: every address in a home network. */
    addresses(): readonly string[]
    setOn(on: boolean): Promise<void>
  }
  /** The loopback listener and the further ones of the gate. */
  readonly listeners: {
    openPublic(port: number): Promise<number>
    openSharing(addresses: readonly string[]): Promise<void>
    closeSharing(): Promise<void>
  }
  readonly lanAddresses: () => readonly LanAddress[]
  /** Names of the people who can sign in or hold a key now. */
  readonly people: () => Promise<readonly string[]>
  /** Why this engine may not be shared, in words: its companion could not guard it. */
  readonly engineTrouble: () => string | undefined
  /** How often addresses and the engine are looked at while sharing is on. */
  readonly pollMs?: number
}

const urlOf = (address: string, port: number): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}/`

const inWords = (error: unknown): string =>
  error instanceof GateError ? error.message : 'Sharing could not be switched on. The log has the details.'

/**
 * The sharing switch: listens on the LAN only while it is on, follows changed addresses, and never moves to another
 * port by itself (a stranger's program on the old one would receive people's passwords).
 */
export class SharingController {
  readonly #dependencies: SharingDependencies
  readonly #listeners = new Set<() => void>()
  #publicPort: number | undefined
  #shared: readonly LanAddress[] = []
  #names: readonly string[] = []
  #on = false
  #problem: string | null = null
  #refusal: Error | undefined
  #trouble: string | undefined
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(dependencies: SharingDependencies) {
    this.#dependencies = dependencies
  }

  /** Opens the loopback listener, and the LAN's if sharing was left on. Problems are told by `describe`, not thrown. */
  async start(): Promise<void> {
    await this.#inTurn(() => this.#openPublic())
    if (this.#refusal === undefined && this.#dependencies.settings.isOn()) await this.#inTurn(() => this.#switchOn())
  }

  /** @throws GateError PORT_IN_USE when sharing cannot be switched on; it is then off */
  async set(on: boolean): Promise<void> {
    await this.#dependencies.settings.setOn(on)
    await this.#inTurn(() => (on ? this.#switchOn() : this.#switchOff()))
    if (on && !this.#on) {
      await this.#dependencies.settings.setOn(false)
      throw new GateError('PORT_IN_USE', this.#problem ?? 'Sharing could not be switched on.')
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#inTurn(async () => {
      this.#on = false
      await this.#dependencies.listeners.closeSharing()
    })
  }

  describe(): Sharing {
    const port = this.#publicPort ?? this.#dependencies.settings.port()
    const addresses = this.#shared.map((entry): SharedAddress => ({
      address: entry.address,
      interface: entry.interface,
      kind: entry.virtual ? 'virtual' : 'home',
      url: urlOf(entry.address, port),
    }))
    const primary = addresses.find((entry) => entry.kind === 'home') ?? addresses[0]
    return {
      on: this.#on,
      port,
      encrypted: false,
      primaryUrl: primary?.url ?? null,
      localUrl: urlOf('127.0.0.1', port),
      addresses,
      people: [...this.#names],
      problem: this.#problem,
    }
  }

  /** Looks at the engine and the addresses now instead of at the next poll. */
  look(): void {
    if (this.#on) this.#follow()
  }

  /** Reads again who can come in; called when people or keys changed. */
  async refreshPeople(): Promise<void> {
    this.#names = await this.#dependencies.people()
    this.#changed()
  }

  /** Why the last change of the listeners failed; undefined when it did not. */
  get refusal(): Error | undefined {
    return this.#refusal
  }

  get publicPort(): number | undefined {
    return this.#publicPort
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** One change of the listeners at a time, in the order asked for. */
  async #inTurn(action: () => Promise<void>): Promise<void> {
    this.#refusal = undefined
    const run = this.#turn.then(action)
    this.#turn = run.catch(() => undefined)
    try {
      await run
    } catch (error) {
      this.#problem = inWords(error)
      this.#refusal = new GateError('PORT_IN_USE', this.#problem, { cause: error })
      this.#dependencies.logger.warn({ err: error }, 'sharing could not be changed')
    }
    this.#names = await this.#dependencies.people()
    this.#changed()
  }

  async #openPublic(): Promise<void> {
    if (this.#publicPort !== undefined) return
    this.#publicPort = await this.#dependencies.listeners.openPublic(this.#dependencies.settings.port())
    this.#problem = null
  }

  async #switchOn(): Promise<void> {
    await this.#openPublic()
    const addresses = this.#wantedAddresses()
    const trouble = this.#dependencies.engineTrouble()
    if (trouble !== undefined) {
      await this.#dependencies.listeners.closeSharing()
      this.#problem = trouble
    } else if (addresses.length === 0) {
      this.#problem =
        'This computer is in no network right now, so nobody else can reach it. Sharing goes on by itself once it is.'
    } else {
      await this.#dependencies.listeners.openSharing(addresses.map((entry) => entry.address))
      this.#problem = null
    }
    this.#shared = trouble === undefined ? addresses : []
    this.#trouble = trouble
    this.#on = true
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#follow(), this.#dependencies.pollMs ?? 5000)
    this.#timer.unref()
  }

  async #switchOff(): Promise<void> {
    clearInterval(this.#timer)
    this.#on = false
    this.#shared = []
    this.#problem = null
    await this.#dependencies.listeners.closeSharing()
  }

  #wantedAddresses(): readonly LanAddress[] {
    const chosen = this.#dependencies.settings.addresses()
    const present = this.#dependencies.lanAddresses()
    if (chosen.length === 0) return present
    return chosen.map(
      (address) =>
        present.find((entry) => entry.address === address) ?? { address, interface: 'chosen', virtual: false },
    )
  }

  #follow(): void {
    const now = this.#wantedAddresses().map((entry) => entry.address)
    const before = this.#shared.map((entry) => entry.address)
    const isSame = now.length === before.length && now.every((address) => before.includes(address))
    const trouble = this.#dependencies.engineTrouble()
    if (trouble === this.#trouble && (isSame || trouble !== undefined)) return
    void this.#inTurn(async () => {
      if (this.#on) await this.#switchOn()
    })
  }
}
