import type { Sharing } from '../../proxy/contract/sharing.ts'

/** What is said outside of the window; without the network's name, which is whatever its owner wants to be read here. */
export const networkBellWords = {
  title: 'Sharing rests: you are on a new network',
  body: 'Nobody can come in here until you say whether to share on this network, too.',
  action: 'Look',
} as const

/** Rings once for each network that is asked about; again only after another answer or another network. */
export class NetworkBell {
  readonly #ring: () => void
  #asked: string | undefined

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** Called at each change of sharing. */
  look(pause: Sharing['pause']): void {
    const asked = pause?.asks === true ? pause.network.id : undefined
    if (asked === this.#asked) return
    this.#asked = asked
    if (asked !== undefined) this.#ring()
  }
}
