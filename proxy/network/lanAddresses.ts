import { isIPv4 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import type { Medium } from '../contract/sharing.ts'
import { isHomeAddress, isLoopbackAddress, normaliseAddress } from '../core/addresses.ts'
import { findHomeKind } from '../core/homeAddresses.ts'
import { findMedium } from './medium.ts'

/*
 * proxy/network/ knows the networks this computer is in, what its firewall says, and announces its name. It knows no
 * person and answers no request of the gate.
 */

/** An address of this computer on which others could reach it. */
export interface LanAddress {
  readonly address: string
  readonly interface: string
  /** A network of containers, virtual machines or a VPN: other people's devices are hardly there. */
  readonly virtual: boolean
  readonly medium: Medium
}

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** Names that programs give to networks of their own, on Linux, macOS and Windows. */
const VIRTUAL =
  /^(?:docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|wg|tailscale|zt|ham|ppp|awdl|llw|anpi|bridge\d|lxc|lxd|cni|flannel|cali|podman|nordlynx|proton|mullvad|gpd|ipsec|vEthernet|VMware|VirtualBox|Hyper-V|WSL|Tailscale|ZeroTier|Hamachi|Radmin|OpenVPN|WireGuard|NordVPN|ProtonVPN|Mullvad|TAP-Windows|Loopback|Npcap|isatap|Teredo)/i
/** First three bytes of hardware addresses that only virtual machines and containers use. */
const VIRTUAL_HARDWARE = /^(?:02:42|00:05:69|00:0c:29|00:1c:14|00:50:56|08:00:27|0a:00:27|00:15:5d|52:54:00)/i

const isPrivate = (address: string): boolean => findHomeKind(address) === 'private'
const isUniqueLocal = (address: string): boolean => findHomeKind(address) === 'uniqueLocal'
/** Of IPv6 it would need the name of the other device's network card beside it. */
const isLinkLocal4 = (address: string): boolean => isIPv4(address) && findHomeKind(address) === 'linkLocal'

/**
 * The addresses under which this computer can be reached at home, the likeliest first: private IPv4 ones on real
 * network cards, then those of virtual networks. Unique local IPv6 and link-local IPv4 ones, which are harder to type
 * or less sure, count only where a card has nothing better.
 */
export function findLanAddresses(interfaces: Interfaces, ports?: ReadonlyMap<string, Medium>): readonly LanAddress[] {
  const found = Object.entries(interfaces).flatMap(([name, infos]) => {
    const usable = (infos ?? []).filter((info) => !info.internal)
    const home = usable.filter(({ address }) => isPrivate(address))
    const spare = usable.filter(({ address }) => isUniqueLocal(address) || isLinkLocal4(address))
    return (home.length > 0 ? home : spare).map((info) => {
      const virtual = isVirtual(name, info, interfaces)
      const medium = findMedium(name, virtual, ports)
      return { address: info.address, interface: name, virtual, medium, rank: rank(info.address) }
    })
  })
  return found
    .sort((a, b) => Number(a.virtual) - Number(b.virtual) || a.rank - b.rank || a.address.localeCompare(b.address))
    .map(({ rank: _rank, ...address }) => address)
}

/**
 * Addresses of real network cards that belong to no home network: what this computer has when `findLanAddresses` finds
 * nothing although it is connected. IPv4 first; not those that only reach the same cable.
 */
export function findForeignAddresses(interfaces: Interfaces): readonly string[] {
  const found = Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? [])
      .filter((info) => !info.internal && !isHomeAddress(info.address) && !isVirtual(name, info, interfaces))
      .map((info) => info.address),
  )
  return found.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')) || a.localeCompare(b))
}

/** Whether a card belongs to a network of containers, virtual machines or a VPN. */
export const isVirtual = (name: string, { mac }: Pick<NetworkInterfaceInfo, 'mac'>, interfaces: Interfaces): boolean =>
  VIRTUAL.test(name) || (VIRTUAL_HARDWARE.test(mac) && !isLikelyGuest(interfaces))

/** Inside a virtual machine every card is virtual, and then that is the home network. */
function isLikelyGuest(interfaces: Interfaces): boolean {
  const outer = Object.entries(interfaces).filter(([name]) => !VIRTUAL.test(name))
  const cards = outer.flatMap(([, infos]) => (infos ?? []).filter((info) => info.family === 'IPv4' && !info.internal))
  return cards.every((info) => VIRTUAL_HARDWARE.test(info.mac))
}

function rank(address: string): number {
  if (address.startsWith('192.168.')) return 0
  if (address.startsWith('10.')) return 1
  if (isPrivate(address)) return 2
  return isUniqueLocal(address) ? 3 : 4
}

/**
 * Addresses to listen on besides loopback. Wildcards become the addresses that this computer has: a listener on every
 * address would also serve names and networks that nobody chose.
 */
export function expandWildcards(addresses: readonly string[], interfaces: Interfaces): readonly string[] {
  const own = Object.values(interfaces).flatMap((infos) => (infos ?? []).filter((info) => !info.internal))
  const expanded = addresses.flatMap((address) => {
    if (address === '0.0.0.0') return own.filter(({ family }) => family === 'IPv4').map((info) => info.address)
    // A link-local address means nothing without the name of its network card.
    if (address === '::') return own.map((info) => info.address).filter((text) => findHomeKind(text) !== 'linkLocal')
    return address
  })
  return [...new Set(expanded.map((address) => address.toLowerCase()))].filter((address) => address !== '127.0.0.1')
}

/** Whether a normalised address is one of this computer's: what it sends there never leaves it. */
export function isOwnAddress(address: string, interfaces: Interfaces): boolean {
  if (isLoopbackAddress(address)) return true
  return Object.values(interfaces).some((infos) => infos?.some((info) => normaliseAddress(info.address) === address))
}
