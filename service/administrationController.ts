import type { Administration } from '../proxy/contract/administration.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import type { Logger } from '../proxy/core/logger.ts'

/** What the switch for managing from other devices needs of the world. */
export interface AdministrationDependencies {
  readonly logger: Logger
  readonly settings: {
    isOn(): boolean
    port(): number
    onChange(listener: () => void): () => void
  }
  readonly tls: { context(): object | undefined; onChange(listener: () => void): () => void }
  /** Where people are let in now: administrators are let in there, too. */
  readonly sharing: { addresses(): readonly string[]; onChange(listener: () => void): () => void }
  readonly listeners: {
    open(addresses: readonly string[], port: number): Promise<void>
    close(): Promise<void>
  }
  /** Ends everybody's sign-ins on that port. */
  readonly endSessions: () => Promise<void>
}

const HERE = '127.0.0.1'
const NO_CERTIFICATE =
  'There is no certificate right now, and administrators are let in only over HTTPS. The page Network says why, under HTTPS.'
const NOT_SHARED = 'Sharing is off, so only this computer reaches it.'

const urlOf = (address: string, port: number): string =>
  `https://${address.includes(':') ? `[${address}]` : address}:${port}/`

/**
 * Managing from other devices: does what the settings say, whoever wrote them. It listens only while it is switched on
 * and there is a certificate, where people are let in and on this computer; what ends it ends every sign-in there.
 */
export class AdministrationController {
  readonly #dependencies: AdministrationDependencies
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: (() => void)[] = []
  /** What the listeners were opened for; undefined: they are closed. */
  #openFor: { readonly addresses: readonly string[]; readonly port: number } | undefined
  #problem: string | null = null
  #isStopped = false
  #turn: Promise<void> = Promise.resolve()

  constructor(dependencies: AdministrationDependencies) {
    this.#dependencies = dependencies
  }

  /** Follows the settings, the certificate and sharing from now on. Problems are told by `describe`, not thrown. */
  async start(): Promise<void> {
    const { settings, tls, sharing } = this.#dependencies
    for (const part of [settings, tls, sharing]) this.#unsubscribe.push(part.onChange(() => void this.#follow()))
    // Sign-ins of an earlier run do not come back with the switch.
    if (!settings.isOn()) await this.#dependencies.endSessions()
    await this.#follow()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await this.#follow()
  }

  describe(): Administration {
    const { settings } = this.#dependencies
    const open = this.#openFor
    return {
      on: settings.isOn(),
      port: settings.port(),
      urls: open === undefined ? [] : open.addresses.map((address) => urlOf(address, open.port)),
      problem: settings.isOn() ? this.#problem : null,
    }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #follow(): Promise<void> {
    const run = this.#turn.then(() => this.#obey())
    this.#turn = run.catch((error: unknown) => {
      this.#dependencies.logger.error({ err: error }, 'managing from other devices could not be changed')
    })
    return this.#turn
  }

  async #obey(): Promise<void> {
    const { settings, tls } = this.#dependencies
    const isWanted = settings.isOn() && !this.#isStopped
    const problem = isWanted && tls.context() === undefined ? NO_CERTIFICATE : null
    if (isWanted && problem === null) await this.#open()
    else {
      this.#problem = problem
      await this.#close()
    }
    for (const listener of this.#listeners) listener()
  }

  async #open(): Promise<void> {
    const { settings, sharing, listeners, logger } = this.#dependencies
    const others = sharing.addresses().filter((address) => address !== HERE)
    const wanted = { addresses: [...others, HERE], port: settings.port() }
    if (JSON.stringify(wanted) === JSON.stringify(this.#openFor)) return
    try {
      await listeners.open(wanted.addresses, wanted.port)
      this.#openFor = wanted
      this.#problem = others.length === 0 ? NOT_SHARED : null
    } catch (error) {
      this.#openFor = undefined
      this.#problem =
        error instanceof GateError ? error.message : 'This could not be switched on. The log has the details.'
      logger.warn({ err: error }, 'managing from other devices could not be switched on')
    }
  }

  async #close(): Promise<void> {
    if (this.#openFor === undefined) return
    this.#openFor = undefined
    await Promise.all([this.#dependencies.listeners.close(), this.#dependencies.endSessions()])
  }
}
