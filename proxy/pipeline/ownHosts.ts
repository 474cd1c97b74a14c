import type { ListenerName } from './requestContext.ts'
import type { SettingsReader } from './services.ts'
import type { HostRules } from './stages/host.ts'

/** Under which names and addresses the public listener may be asked. Put together anew only when something changed. */
export class OwnHosts {
  readonly #settings: SettingsReader
  readonly #unsubscribe: () => void
  readonly #listening = new Map<ListenerName, readonly string[]>()
  #announced: string | undefined
  #rules: HostRules | undefined

  constructor(settings: SettingsReader) {
    this.#settings = settings
    this.#unsubscribe = settings.onChange(() => {
      this.#rules = undefined
    })
  }

  /** The addresses on which a listener is open now. */
  setListening(name: ListenerName, addresses: readonly string[]): void {
    this.#listening.set(name, addresses)
    this.#rules = undefined
  }

  /** The name that is announced in the network now; undefined: none, or another device has it. */
  setAnnounced(host: string | undefined): void {
    this.#announced = host
    this.#rules = undefined
  }

  rules(): HostRules {
    if (this.#rules !== undefined) return this.#rules
    const addresses = new Set([...this.#listening.values()].flat())
    this.#rules ??= { names: new Set(this.#findNames()), addresses }
    return this.#rules
  }

  close(): void {
    this.#unsubscribe()
  }

  #findNames(): readonly string[] {
    const chosen = this.#settings.get('sharing.hostNames').map((name) => name.toLowerCase())
    return this.#announced === undefined ? chosen : [...chosen, this.#announced]
  }
}
