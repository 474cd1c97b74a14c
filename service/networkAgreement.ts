import type { Network, Sharing } from '../proxy/contract/sharing.ts'
import { isAnywhere } from '../proxy/network/identity/networkReading.ts'

export interface AgreedNetworks {
  list(): readonly Network[]
  add(network: Network): Promise<void>
  /** Whoever started this run named the addresses to share on, which is an agreement for it. */
  readonly isForRun: boolean
}

/**
 * In which networks the owner shares. Sharing must not follow a laptop into a café: in a network that nobody agreed to
 * it rests until somebody says yes. A "no" counts until Gatehouse ends; it only stops the asking. A yes for addresses
 * that are the same everywhere counts until this computer is somewhere else.
 */
export class NetworkAgreement {
  readonly #agreed: AgreedNetworks
  readonly #declined = new Set<string>()
  /** Agreed to and not remembered. */
  #hereOnly: string | undefined

  constructor(agreed: AgreedNetworks) {
    this.#agreed = agreed
  }

  /** Why sharing rests there; null: it does not. */
  findPause(network: Network | undefined): Sharing['pause'] {
    if (network?.id !== this.#hereOnly) this.#hereOnly = undefined
    if (network === undefined || this.#agreed.isForRun || network.id === this.#hereOnly) return null
    if (!isAnywhere(network) && this.#agreed.list().some(({ id }) => id === network.id)) return null
    return { network, asks: !this.#declined.has(network.id) }
  }

  /** Whoever switches sharing on for the first time means the network they are in. */
  async agreeToFirst(network: Network | undefined): Promise<void> {
    if (network !== undefined && this.#agreed.list().length === 0) await this.#agree(network)
  }

  async answer(network: Network, share: boolean): Promise<void> {
    if (share) await this.#agree(network)
    else this.#declined.add(network.id)
  }

  async #agree(network: Network): Promise<void> {
    if (isAnywhere(network)) this.#hereOnly = network.id
    else await this.#agreed.add(network)
  }
}
