import type { Logger } from '../proxy/core/logger.ts'
import type { Network } from '../proxy/contract/sharing.ts'
import type { LanAddress } from '../proxy/network/lanAddresses.ts'
import type { EncryptionState } from './describeSharing.ts'
import type { NetworkAgreement } from './networkAgreement.ts'
import type { SharingSurroundings } from './sharingSurroundings.ts'

/** What the sharing switch needs of the world. */
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
  /** Which network this computer is in; `look` finds out again when there is reason to. */
  readonly network: { readonly network: Network | undefined; look(): Promise<void> }
  readonly agreement: NetworkAgreement
  readonly surroundings: SharingSurroundings
  /** Who has a port that is taken, and which one could be used instead, as far as that can be found out. */
  readonly inspectPort: (port: number) => Promise<{ holder: string | null; free: number | null }>
  /** Sharing began to rest in that network. */
  readonly onPause?: (network: Network) => void
  /** What this computer calls itself. */
  readonly hostName: string
  readonly lanAddresses: () => readonly LanAddress[]
  /** Addresses of this computer in networks that are nobody's home; see `findForeignAddresses`. */
  readonly foreignAddresses: () => readonly string[]
  /** Which address rule keeps this computer itself out, in words; null: none does. */
  readonly localBlock: () => string | null
  /** Names of the people who can sign in or hold a key now. */
  readonly people: () => Promise<readonly string[]>
  /** Why this engine may not be shared, in words: its companion could not guard it. */
  readonly engineTrouble: () => string | undefined
  /** Left out: nothing is encrypted. */
  readonly encryption?: { describe(): EncryptionState; onChange(listener: () => void): () => void }
  /** How often addresses and the engine are looked at while sharing is on. */
  readonly pollMs?: number
}
