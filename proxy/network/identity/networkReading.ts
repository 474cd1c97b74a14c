import type { Network } from '../../contract/sharing.ts'
import { isHomeAddress } from '../../core/addresses.ts'
import { findHomeKind } from '../../core/homeAddresses.ts'
import { isVirtual } from '../lanAddresses.ts'
import type { Interfaces } from '../lanAddresses.ts'
import { isSharedMac } from './gateway.ts'
import type { Gateway } from './gateway.ts'

/** What could be found out about where this computer is. */
export interface NetworkFacts {
  readonly gateway: Gateway | undefined
  readonly mac: string | undefined
  /** What people call it: the name of the Wi-Fi, or what the system calls the network. */
  readonly name: string | undefined
}

/** What a network is told by, and what the system takes it for (Windows only). */
export interface NetworkReading {
  /** Undefined: this computer is in no network. */
  readonly network: Network | undefined
  readonly category: 'private' | 'public' | 'domain' | undefined
}

const MAX_TEXT = 100
/** Whoever runs a network chooses its name: nothing in it may turn lines around or hide. */
const shorten = (text: string): string => text.replaceAll(/\p{C}/gu, '').slice(0, MAX_TEXT)

/**
 * Which network it is. A router is told by its hardware address; a router that does not say it, by its address and the
 * numbers around it; a network without a router, by those numbers alone. Undefined without any network.
 */
export function identifyNetwork(facts: NetworkFacts, interfaces: Interfaces): Network | undefined {
  const { gateway, mac } = facts
  const prefixes = findPrefixes(interfaces)
  if (gateway?.address !== undefined) {
    const name = facts.name ?? `with the router ${gateway.address}`
    const around = `${gateway.address}@${prefixes.join(',')}`
    if (mac === undefined) return { id: shorten(`unknown:${around}`), name: shorten(name) }
    const id = isSharedMac(mac) ? `router:${mac}:${around}` : `router:${mac}`
    return { id: shorten(id), name: shorten(name) }
  }
  if (prefixes.length === 0) return undefined
  const name = facts.name ?? `without a router (${prefixes.join(', ')})`
  return { id: shorten(`isolated:${prefixes.join(',')}`), name: shorten(name) }
}

/**
 * Whether it is told by nothing but addresses that computers without a router give themselves: those are the same
 * everywhere, so an agreement to share there must not be remembered.
 */
export function isAnywhere({ id }: Pick<Network, 'id'>): boolean {
  const [kind, prefixes = ''] = id.split(/:(.*)/s)
  return kind === 'isolated' && prefixes.split(',').every((prefix) => isLinkLocal(prefix.split('/')[0] ?? ''))
}

const isLinkLocal = (address: string): boolean => findHomeKind(address) === 'linkLocal'

/** Networks of the real cards, in CIDR; those that only reach the same cable count only where there is nothing else. */
function findPrefixes(interfaces: Interfaces): readonly string[] {
  const all = Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? []).filter((info) => !info.internal && !isVirtual(name, info, interfaces)),
  )
  const good = all.filter(({ address }) => findHomeKind(address) !== 'linkLocal')
  const chosen = good.some(({ address }) => isHomeAddress(address))
    ? good.filter((i) => isHomeAddress(i.address))
    : good
  const prefixes = (chosen.length > 0 ? chosen : all).map(({ cidr, address }) => toNetworkPrefix(cidr ?? address))
  return [...new Set(prefixes)].sort()
}

/** "192.168.1.20/24" → "192.168.1.0/24"; of IPv6 the first four groups, which is what a home has. */
export function toNetworkPrefix(cidr: string): string {
  const [address = '', length = ''] = cidr.split('/')
  if (address.includes(':')) return `${address.split('::')[0]?.split(':').slice(0, 4).join(':') ?? ''}::/${length}`
  const bits = Number(length)
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - bits)
  const first = Math.floor(number / size) * size
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${length}`
}
