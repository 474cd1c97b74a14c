import type { Sharing } from '../proxy/contract/sharing.ts'
import { isHomeAddress, isLoopbackAddress } from '../proxy/core/addresses.ts'
import type { LanAddress } from '../proxy/network/lanAddresses.ts'
import type { SharingDependencies } from './sharingDependencies.ts'
import { describeForeignOnly, describeNoAddress } from './sharingWords.ts'

/** Where sharing would listen now, and what keeps it from that. */
export interface SharingPlace {
  /** Those to listen on; none when something keeps sharing from it. */
  readonly addresses: readonly LanAddress[]
  /** Nobody agreed to this network. */
  readonly pause: Sharing['pause']
  readonly problem: string | null
}

type PlaceDependencies = Pick<
  SharingDependencies,
  'settings' | 'lanAddresses' | 'foreignAddresses' | 'network' | 'agreement' | 'engineTrouble' | 'surroundings'
>

/** Counts for what `network.look` found. */
export function findSharingPlace(dependencies: PlaceDependencies): SharingPlace {
  const wanted = findWantedAddresses(dependencies)
  const pause = findPause(wanted, dependencies)
  const trouble = dependencies.engineTrouble()
  if (trouble !== undefined) return { addresses: [], pause, problem: trouble }
  if (pause !== null) return { addresses: [], pause, problem: null }
  if (wanted.length === 0) return { addresses: [], pause, problem: describeNoAddress(dependencies.foreignAddresses()) }
  return { addresses: wanted, pause, problem: findForeign(wanted, dependencies) }
}

/** Everything that decides where sharing listens, as one text: when it is another, the listeners are set anew. */
export function describeReasons(dependencies: PlaceDependencies): string {
  const wanted = findWantedAddresses(dependencies)
  const found = wanted.map(({ address }) => address).sort()
  return JSON.stringify([found, dependencies.engineTrouble(), findPause(wanted, dependencies)?.network.id])
}

function findWantedAddresses({ settings, lanAddresses }: PlaceDependencies): readonly LanAddress[] {
  const chosen = settings.addresses()
  const present = lanAddresses()
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

/** What never leaves this computer is in nobody's network. */
function findPause(wanted: readonly LanAddress[], { agreement, network }: PlaceDependencies): Sharing['pause'] {
  if (wanted.every(({ address }) => isLoopbackAddress(address))) return null
  return agreement.findPause(network.network)
}

function findForeign(wanted: readonly LanAddress[], { surroundings }: PlaceDependencies): string | null {
  const addresses = wanted.map(({ address }) => address)
  const isForeign = !surroundings.describe().outsideHome && !addresses.some(isHomeAddress)
  return isForeign ? describeForeignOnly(addresses) : null
}
