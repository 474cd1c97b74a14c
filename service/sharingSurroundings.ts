import type { Network, Sharing } from '../proxy/contract/sharing.ts'
import type { LanAddress } from '../proxy/network/lanAddresses.ts'

/** Where sharing listens now. */
export interface SharedPlace {
  /** Empty: nowhere but on this computer. */
  readonly addresses: readonly LanAddress[]
  readonly port: number
  readonly network: Network | undefined
}

export type SurroundingsDescription = Pick<Sharing, 'name' | 'reach' | 'firewall' | 'addressBefore' | 'outsideHome'>

/** What happens around the listeners of the home network: the announced name, who got through, the firewall. */
export interface SharingSurroundings {
  /** Told at each change, and often without one. */
  follow(place: SharedPlace): void
  describe(): SurroundingsDescription
  /** People have the address of now. */
  acceptAddress(): Promise<void>
  onChange(listener: () => void): () => void
  /** Takes the name back; may be called more than once. */
  close(): Promise<void>
}

/** Where nothing is announced and nothing is watched. */
export const noSurroundings: SharingSurroundings = {
  follow: () => undefined,
  describe: () => ({
    name: { state: 'off', host: '', problem: null },
    reach: { kind: 'off' },
    firewall: null,
    addressBefore: null,
    outsideHome: false,
  }),
  acceptAddress: () => Promise.resolve(),
  onChange: () => () => undefined,
  close: () => Promise.resolve(),
}
