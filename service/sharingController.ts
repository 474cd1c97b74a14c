import type { Logger } from '../proxy/core/logger.ts'
import { hasCode } from '../proxy/core/systemErrors.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import type { SharedAddress, Sharing } from '../proxy/contract/sharing.ts'
import type { LanAddress } from '../proxy/network/lanAddresses.ts'

export interface SharingDependencies {
  readonly logger: Logger
  readonly settings: {
    isOn(): boolean
    port(): number
    /** Chosen by the owner; empty: every address in a home network. */
    addresses(): readonly string[]
    setOn(on: boolean): Promise<void>
    onChange(listener: (names: readonly string[]) => void): () => void
  }
  /** The loopback listener and the further ones of the gate. */
  readonly listeners: {
    openPublic(port: number): Promise<number>
    /** Ends sharing and everything on the old port; when it throws, nothing has changed. */
    movePublic(port: number): Promise<number>
    openSharing(addresses: readonly string[]): Promise<void>
    closeSharing(): Promise<void>
  }
  /** What this computer calls itself. */
  readonly hostName: string
  readonly lanAddresses: () => readonly LanAddress[]
  /** Addresses of this computer in networks that are nobody's home; see `findForeignAddresses`. */
  readonly foreignAddresses: () => readonly string[]
  /** Names of the people who can sign in or hold a key now. */
  readonly people: () => Promise<readonly string[]>
  /** Why this engine may not be shared, in words: its companion could not guard it. */
  readonly engineTrouble: () => string | undefined
  /** How often addresses and the engine are looked at while sharing is on. */
  readonly pollMs?: number
}

const urlOf = (address: string, port: number): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}/`

function inWords(error: unknown): string {
  if (error instanceof GateError) return error.message
  if (hasCode(error, 'EADDRNOTAVAIL')) {
    return 'This computer does not have the chosen address right now. Choose another one in the settings.'
  }
  return 'Sharing could not be switched on. The log has the details.'
}

/** Why there is nothing to share on. A gate that lets in only the home's devices is of no use on another network. */
export function describeNoAddress(foreign: readonly string[]): string {
  if (foreign.length === 0) {
    return 'This computer is in no network right now, so nobody else can reach it. Sharing goes on by itself once it is.'
  }
  const addresses = foreign.slice(0, 3)
  const its = addresses.length === 1 ? 'its address is' : 'its addresses are'
  return (
    `This computer is in a network, but in no home network (${its} ${addresses.join(' and ')}), and Gatehouse lets in only ` +
    'devices with a private address, such as 192.168.… Connect this computer to a router of your own: sharing then ' +
    'goes on by itself.'
  )
}

/**
 * The sharing switch: does what the settings say, whoever wrote them. It listens on the LAN only while it is on, follows
 * changed addresses, and never moves to another port by itself (a stranger's program on the old one would receive
 * people's passwords).
 */
export class SharingController {
  readonly #dependencies: SharingDependencies
  readonly #listeners = new Set<() => void>()
  #publicPort: number | undefined
  /** What the setting said when the listener was opened; the port may differ where any free one would do. */
  #askedPort: number | undefined
  #shared: readonly LanAddress[] = []
  #names: readonly string[] = []
  #on = false
  #problem: string | null = null
  #portProblem: string | null = null
  #refusal: Error | undefined
  #trouble: string | undefined
  #timer: NodeJS.Timeout | undefined
  #unsubscribe: (() => void) | undefined
  #isWriting = false
  #isStopped = false
  #turn: Promise<void> = Promise.resolve()

  constructor(dependencies: SharingDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Opens the loopback listener, and the LAN's if sharing was left on; from then on follows the settings. Problems are
   * told by `describe`, not thrown, and the next start tries again.
   */
  async start(): Promise<void> {
    this.#unsubscribe = this.#dependencies.settings.onChange((names) => this.#onSettings(names))
    await this.#inTurn(() => this.#obey())
  }

  /** @throws GateError PORT_IN_USE when sharing cannot be switched on; it is then off */
  async set(on: boolean): Promise<void> {
    await this.#write(on)
    const refusal = await this.#inTurn(() => this.#obeyOrStayOff())
    if (on && refusal !== undefined) throw refusal
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe?.()
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
      medium: entry.medium,
      url: urlOf(entry.address, port),
    }))
    const primary = addresses.find((entry) => entry.kind === 'home') ?? addresses[0]
    return {
      on: this.#on,
      port,
      encrypted: false,
      primaryUrl: primary?.url ?? null,
      codeUrl: primary?.url ?? null,
      localUrl: urlOf('127.0.0.1', port),
      addresses,
      hostName: this.#dependencies.hostName,
      people: [...this.#names],
      problem: this.#portProblem ?? this.#problem,
      portTaken: null,
      network: null,
      pause: null,
      outsideHome: false,
      name: { state: 'off', host: '', problem: null },
      reach: { kind: 'off' },
      firewall: null,
      addressBefore: null,
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

  /** One change of the listeners at a time, in the order asked for. @returns why it failed */
  async #inTurn(action: () => Promise<void>): Promise<Error | undefined> {
    const run = this.#turn.then(action)
    this.#turn = run.catch(() => undefined)
    let refusal: Error | undefined
    try {
      await run
    } catch (error) {
      this.#problem = inWords(error)
      refusal = new GateError('PORT_IN_USE', this.#portProblem ?? this.#problem, { cause: error })
      this.#dependencies.logger.warn({ err: error }, 'sharing could not be changed')
    }
    this.#refusal = refusal
    try {
      await this.refreshPeople()
    } catch (error) {
      this.#dependencies.logger.error({ err: error }, 'who can come in could not be read')
    }
    return refusal
  }

  #onSettings(names: readonly string[]): void {
    // Our own writing of the switch is followed by whoever wrote it.
    if (this.#isWriting && names.every((name) => name === 'sharing.on')) return
    void this.#inTurn(() => this.#obeyOrStayOff())
  }

  async #write(on: boolean): Promise<void> {
    this.#isWriting = true
    try {
      await this.#dependencies.settings.setOn(on)
    } finally {
      this.#isWriting = false
    }
  }

  /** What could not be switched on stays off in the settings too: it must not come on by surprise. */
  async #obeyOrStayOff(): Promise<void> {
    try {
      await this.#obey()
    } catch (error) {
      if (this.#dependencies.settings.isOn() && !this.#on) await this.#write(false)
      throw error
    }
  }

  async #obey(): Promise<void> {
    if (this.#isStopped) return
    const { settings } = this.#dependencies
    this.#problem = null
    // First of all, and whatever fails afterwards: a closed gate is never late.
    if (this.#on && !settings.isOn()) await this.#switchOff()
    await this.#openPublic()
    if (!settings.isOn()) return
    try {
      await this.#share()
    } catch (error) {
      await this.#switchOff()
      throw error
    }
    this.#on = true
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#follow(), this.#dependencies.pollMs ?? 5000)
    this.#timer.unref()
  }

  /** The new port is open before the old one is closed: one that is taken changes nothing for the people inside. */
  async #openPublic(): Promise<void> {
    const { listeners, settings } = this.#dependencies
    const wanted = settings.port()
    const before = this.#publicPort
    try {
      if (before === undefined) {
        this.#publicPort = await listeners.openPublic(wanted)
      } else if (wanted !== this.#askedPort) {
        this.#publicPort = await listeners.movePublic(wanted)
        this.#shared = []
      }
    } catch (error) {
      this.#portProblem = before === undefined ? inWords(error) : `${inWords(error)} Until then port ${before} stays.`
      throw error
    }
    this.#askedPort = wanted
    this.#portProblem = null
  }

  async #share(): Promise<void> {
    const addresses = this.#wantedAddresses()
    const trouble = this.#dependencies.engineTrouble()
    this.#shared = []
    if (trouble !== undefined) {
      await this.#dependencies.listeners.closeSharing()
      this.#problem = trouble
    } else if (addresses.length === 0) {
      await this.#dependencies.listeners.closeSharing()
      this.#problem = describeNoAddress(this.#dependencies.foreignAddresses())
    } else {
      await this.#dependencies.listeners.openSharing(addresses.map((entry) => entry.address))
      this.#shared = addresses
      this.#problem = null
    }
    this.#trouble = trouble
  }

  async #switchOff(): Promise<void> {
    clearInterval(this.#timer)
    this.#on = false
    this.#shared = []
    await this.#dependencies.listeners.closeSharing()
  }

  #wantedAddresses(): readonly LanAddress[] {
    const chosen = this.#dependencies.settings.addresses()
    const present = this.#dependencies.lanAddresses()
    if (chosen.length === 0) return present
    return chosen.map(
      (address) =>
        present.find((entry) => entry.address === address) ?? {
          address,
          interface: 'chosen',
          virtual: false,
          medium: 'other',
        },
    )
  }

  #follow(): void {
    const now = this.#wantedAddresses().map((entry) => entry.address)
    const before = this.#shared.map((entry) => entry.address)
    const isSame = now.length === before.length && now.every((address) => before.includes(address))
    const trouble = this.#dependencies.engineTrouble()
    if (trouble === this.#trouble && (isSame || trouble !== undefined)) return
    void this.#inTurn(async () => {
      if (this.#on) await this.#share()
    })
  }
}
