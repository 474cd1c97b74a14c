import type { Network, Sharing } from '../proxy/contract/sharing.ts'

export interface AgreedNetworks {
  list(): readonly Network[]
  add(network: Network): Promise<void>
  /** Whoever started this run named the addresses to share on, which is an agreement for it. */
  readonly isForRun: boolean
}

/**
 * In which networks the owner shares. Sharing must not follow a laptop into a café: in a network that nobody agreed to
 * it rests until somebody says yes. A "no" counts until Gatehouse ends; it only stops the asking.
 */
export class NetworkAgreement {
  readonly #agreed: AgreedNetworks
  readonly #declined = new Set<string>()

  constructor(agreed: AgreedNetworks) {
    this.#agreed = agreed
  }

  /** Why sharing rests there; null: it does not. */
  findPause(network: Network | undefined): Sharing['pause'] {
    if (network === undefined || this.#agreed.isForRun) return null
    if (this.#agreed.list().some(({ id }) => id === network.id)) return null
    return { network, asks: !this.#declined.has(network.id) }
  }

  /** Whoever switches sharing on for the first time means the network they are in. */
  async agreeToFirst(network: Network | undefined): Promise<void> {
    if (network !== undefined && this.#agreed.list().length === 0) await this.#agreed.add(network)
  }

  async answer(network: Network, share: boolean): Promise<void> {
    if (share) await this.#agreed.add(network)
    else this.#declined.add(network.id)
  }
}
