import { isIPv6 } from 'node:net'
import { isLoopbackAddress } from '../../core/addresses.ts'
import { toNetworkPrefix } from '../identity/networkReading.ts'
import type { Interfaces, LanAddress } from '../lanAddresses.ts'
import type { AnnouncedLink } from './nameAnnouncer.ts'

/**
 * Where a name is announced: on real network cards that are shared, and nowhere else; there with every shared address of
 * that card. Asked over IPv6 as well where an IPv6 address is shared.
 */
export function findAnnouncedLinks(shared: readonly LanAddress[], interfaces: Interfaces): readonly AnnouncedLink[] {
  const real = shared.filter(({ virtual, address }) => !virtual && !isLoopbackAddress(address))
  const cards = [...new Set(real.map((entry) => entry.interface))]
  return cards.flatMap((card) => {
    const addresses = real.filter((entry) => entry.interface === card).map(({ address }) => address)
    const infos = (interfaces[card] ?? []).filter((info) => addresses.includes(info.address))
    return (['IPv4', 'IPv6'] as const).flatMap((family): AnnouncedLink[] => {
      const info = infos.find((entry) => entry.family === family)
      if (typeof info?.cidr !== 'string') return []
      return [{ card, family, cidr: info.cidr, scopeId: info.family === 'IPv6' ? info.scopeid : 0, addresses }]
    })
  })
}

/** The card and the network that a shared address belongs to, for the firewall. */
export function findSharedCard(
  shared: LanAddress | undefined,
  interfaces: Interfaces,
): { card: string | undefined; subnet: string | undefined } {
  if (shared === undefined || isLoopbackAddress(shared.address)) return { card: undefined, subnet: undefined }
  const info = interfaces[shared.interface]?.find(({ address }) => address === shared.address)
  const cidr = isIPv6(shared.address) ? undefined : info?.cidr
  return { card: shared.interface, subnet: typeof cidr === 'string' ? toNetworkPrefix(cidr) : undefined }
}
