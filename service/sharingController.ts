import { GateError } from '../proxy/contract/errorCodes.ts'
import type { Sharing } from '../proxy/contract/sharing.ts'
import type { LanAddress } from '../proxy/network/lanAddresses.ts'
import { describeSharing } from './describeSharing.ts'
import type { SharingDependencies } from './sharingDependencies.ts'
import { describeReasons, findSharingPlace } from './sharingPlace.ts'
import { describePortTaken, describeSharingFailure, isPortTaken } from './sharingWords.ts'

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
  #portTaken: Sharing['portTaken'] = null
  #pause: Sharing['pause'] = null
  #refusal: Error | undefined
  /** What the listeners were set by; when it is another, they are set anew. */
  #sharedFor = ''
  #isFollowing = false
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
    const { settings, surroundings, encryption } = this.#dependencies
    const stopEncryption = encryption?.onChange(() => this.#changed())
    const stopWatching = surroundings.onChange(() => this.#changed())
    const stopFollowing = settings.onChange((names) => this.#onSettings(names))
    this.#unsubscribe = () => {
      stopWatching()
      stopEncryption?.()
      stopFollowing()
    }
    await this.#inTurn(() => this.#obey())
  }

  /** @throws GateError PORT_IN_USE when sharing cannot be switched on; it is then off */
  async set(on: boolean): Promise<void> {
    await this.#write(on)
    const refusal = await this.#inTurn(async () => {
      if (on) await this.#agreeToFirst()
      await this.#obeyOrStayOff()
    })
    if (on && refusal !== undefined) throw refusal
  }

  /**
   * The owner's answer to "share here too?".
   * @throws GateError NOT_FOUND when this computer is in another network by now
   */
  async answerNetwork(id: string, share: boolean): Promise<void> {
    const { network, agreement } = this.#dependencies
    await network.look()
    const here = network.network
    if (here?.id !== id) {
      throw new GateError('NOT_FOUND', 'This computer is in another network by now. Look again at what is asked.')
    }
    await agreement.answer(here, share)
    await this.#inTurn(async () => {
      if (this.#on) await this.#shareOrRest()
    })
  }

  acceptAddress(): Promise<void> {
    return this.#dependencies.surroundings.acceptAddress()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe?.()
    clearInterval(this.#timer)
    await this.#inTurn(async () => {
      this.#on = false
      this.#shared = []
      await this.#dependencies.listeners.closeSharing()
    })
    await this.#dependencies.surroundings.close()
  }

  describe(): Sharing {
    const { network, surroundings, hostName, encryption, localBlock } = this.#dependencies
    return describeSharing(
      {
        on: this.#on,
        port: this.#port,
        shared: this.#shared,
        encryption: encryption?.describe() ?? { isOn: false, isForced: false, isKnown: false },
        people: this.#names,
        problem: this.#portProblem ?? this.#problem,
        portTaken: this.#portTaken,
        pause: this.#pause,
        network: network.network,
        hostName,
        localBlock: localBlock(),
      },
      surroundings.describe(),
    )
  }

  /** Looks at the engine and the addresses now instead of at the next poll. */
  look(): void {
    if (this.#on) void this.#follow()
  }

  /** Reads again who can come in; called when people or keys changed. Never throws: nobody waits for it. */
  async refreshPeople(): Promise<void> {
    try {
      this.#names = await this.#dependencies.people()
    } catch (error) {
      this.#dependencies.logger.error({ err: error }, 'who can come in could not be read')
    }
    this.#changed()
  }

  /** Why the last change of the listeners failed; undefined when it did not. */
  get refusal(): Error | undefined {
    return this.#refusal
  }

  get #port(): number {
    return this.#publicPort ?? this.#dependencies.settings.port()
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
      this.#problem = this.#portProblem ?? (await this.#findProblem(error, this.#port))
      refusal = new GateError('PORT_IN_USE', this.#problem, { cause: error })
      this.#dependencies.logger.warn({ err: error }, 'sharing could not be changed')
    }
    this.#refusal = refusal
    this.#tellSurroundings()
    await this.refreshPeople()
    return refusal
  }

  /** In words; finds out who has the port when that is why. */
  async #findProblem(error: unknown, port: number): Promise<string> {
    if (!isPortTaken(error)) return describeSharingFailure(error)
    const taken = { port, ...(await this.#dependencies.inspectPort(port)) }
    this.#portTaken = taken
    return describePortTaken(taken)
  }

  #tellSurroundings(): void {
    const { surroundings, network } = this.#dependencies
    surroundings.follow({ addresses: this.#shared, port: this.#port, network: network.network })
  }

  async #agreeToFirst(): Promise<void> {
    const { network, agreement } = this.#dependencies
    await network.look()
    await agreement.agreeToFirst(network.network)
  }

  #onSettings(names: readonly string[]): void {
    // Our own writing of the switch is followed by whoever wrote it.
    if (this.#isWriting && names.every((name) => name === 'sharing.on')) return
    const isSwitchedOn = names.includes('sharing.on') && this.#dependencies.settings.isOn() && !this.#on
    void this.#inTurn(async () => {
      if (isSwitchedOn) await this.#agreeToFirst()
      await this.#obeyOrStayOff()
    })
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
    this.#portTaken = null
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
    this.#timer = setInterval(() => void this.#follow(), this.#dependencies.pollMs ?? 5000)
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
      const words = await this.#findProblem(error, wanted)
      this.#portProblem = before === undefined ? words : `${words} Until then port ${before} stays.`
      throw error
    }
    this.#askedPort = wanted
    this.#portProblem = null
  }

  async #share(): Promise<void> {
    const { listeners, network } = this.#dependencies
    await network.look()
    // Before anything is opened: what changes meanwhile is seen at the next look.
    const reasons = describeReasons(this.#dependencies)
    const { addresses, pause, problem } = findSharingPlace(this.#dependencies)
    this.#setPause(pause)
    this.#shared = []
    this.#problem = null
    if (addresses.length === 0) await listeners.closeSharing()
    else await listeners.openSharing(addresses.map(({ address }) => address))
    this.#shared = addresses
    this.#problem = problem
    this.#sharedFor = reasons
  }

  #setPause(pause: Sharing['pause']): void {
    const before = this.#pause
    this.#pause = pause
    if (pause !== null && before?.network.id !== pause.network.id) this.#dependencies.onPause?.(pause.network)
  }

  async #switchOff(): Promise<void> {
    clearInterval(this.#timer)
    this.#on = false
    this.#shared = []
    this.#setPause(null)
    await this.#dependencies.listeners.closeSharing()
  }

  async #follow(): Promise<void> {
    if (this.#isFollowing) return
    this.#isFollowing = true
    const reasons = await this.#lookForReasons().finally(() => (this.#isFollowing = false))
    if (!this.#on || reasons === this.#sharedFor) return
    await this.#inTurn(async () => {
      if (this.#on) await this.#shareOrRest()
    })
  }

  /** Undefined: where this computer is cannot be found out. */
  async #lookForReasons(): Promise<string | undefined> {
    try {
      await this.#dependencies.network.look()
      return describeReasons(this.#dependencies)
    } catch (error) {
      this.#dependencies.logger.error({ err: error }, 'where this computer is could not be found out')
      return undefined
    }
  }

  /** What could not be shared is open to nobody, and is tried again at the next look. */
  async #shareOrRest(): Promise<void> {
    try {
      await this.#share()
    } catch (error) {
      this.#shared = []
      this.#sharedFor = ''
      await this.#dependencies.listeners.closeSharing()
      throw error
    }
  }
}
