import type { Gateway, Neighbours } from './gateway.ts'
import { toMac } from './gateway.ts'

/** Of `RTF_UP | RTF_GATEWAY` in route(8): the route is in use and leads to a router. */
const UP = 0x1
const THROUGH_ROUTER = 0x2

/** Default routes of `/proc/net/route`, the one that counts first. Addresses are hexadecimal, last byte first. */
export function parseProcRoutes(text: string): readonly Gateway[] {
  const found = text.split('\n').flatMap((line) => {
    const [card, destination, gateway, flags, , , metric, mask] = line.trim().split(/\s+/)
    if (card === undefined || destination !== '00000000' || mask !== '00000000') return []
    const bits = parseInt(flags ?? '', 16)
    if ((bits & UP) === 0) return []
    const address = (bits & THROUGH_ROUTER) === 0 ? undefined : readHexAddress(gateway ?? '')
    return { interface: card, address, metric: Number(metric) }
  })
  return found.sort((a, b) => a.metric - b.metric)
}

function readHexAddress(hex: string): string | undefined {
  if (!/^[0-9A-F]{8}$/i.test(hex)) return undefined
  return [6, 4, 2, 0].map((at) => parseInt(hex.slice(at, at + 2), 16)).join('.')
}

/** Who answers at which address: `/proc/net/arp`. Entries that nobody answered for are left out. */
export function parseProcArp(text: string): Neighbours {
  const neighbours = new Map<string, string>()
  for (const line of text.split('\n').slice(1)) {
    const [address, , flags, hardware, , card] = line.trim().split(/\s+/)
    // Flag 2 is ATF_COM: the entry is complete.
    if (address === undefined || card === undefined || (Number(flags) & 2) === 0) continue
    const mac = toMac(hardware ?? '')
    if (mac !== undefined) neighbours.set(`${address}%${card}`, mac)
  }
  return neighbours
}

/** `ip -6 route show default`: "default via fe80::1 dev wlp3s0 proto ra metric 600 pref medium". */
export function parseIpRoutes(text: string): readonly Gateway[] {
  const found = text.split('\n').flatMap((line) => {
    if (!/^default\b/.test(line)) return []
    const card = /\bdev (\S+)/.exec(line)?.[1]
    if (card === undefined) return []
    const address = /\bvia (?:inet6 )?(\S+)/.exec(line)?.[1]?.toLowerCase()
    return { interface: card, address, metric: Number(/\bmetric (\d+)/.exec(line)?.[1] ?? 0) }
  })
  return found.sort((a, b) => a.metric - b.metric)
}

/** `ip -6 neigh show`: "fe80::1 dev wlp3s0 lladdr 02:00:5e:10:00:01 router REACHABLE". */
export function parseIpNeighbours(text: string): Neighbours {
  const neighbours = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, address, card, hardware] = /^(\S+) dev (\S+) .*?\blladdr (\S+)/.exec(line) ?? []
    const mac = toMac(hardware ?? '')
    if (address !== undefined && card !== undefined && mac !== undefined && !/\bFAILED\b/.test(line)) {
      neighbours.set(`${address.toLowerCase()}%${card}`, mac)
    }
  }
  return neighbours
}
