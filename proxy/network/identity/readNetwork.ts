import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { findHomeKind } from '../../core/homeAddresses.ts'
import { isVirtual } from '../lanAddresses.ts'
import type { Interfaces } from '../lanAddresses.ts'
import { findMedium } from '../medium.ts'
import { runPowerShell } from '../systemPrograms.ts'
import type { NetworkSystem } from '../systemPrograms.ts'
import type { Gateway, Neighbours } from './gateway.ts'
import { parseIpNeighbours, parseIpRoutes, parseProcArp, parseProcRoutes } from './linux.ts'
import { parseAirportNetwork, parseArp, parseIpconfigSummary, parseNdp, parseRouteGet } from './macos.ts'
import { identifyNetwork } from './networkReading.ts'
import type { NetworkFacts, NetworkReading } from './networkReading.ts'
import { networkScript, parseWindowsNetworks } from './windows.ts'

export interface NetworkReaderOptions {
  readonly system: NetworkSystem
  readonly interfaces: () => Interfaces
  /** Makes the system ask who has an address, because only then it knows who answers. Tests send nothing. */
  readonly poke?: (address: string, card: string) => void
  /** Between asking again and looking again; 300 when left out. */
  readonly waitMs?: number
}

const TRIES = 3
const nothing: NetworkFacts = { gateway: undefined, mac: undefined, name: undefined }

/** Finds out which network this computer is in. Never throws: what cannot be read is unknown. */
export async function readNetwork(options: NetworkReaderOptions): Promise<NetworkReading> {
  const { system, interfaces, poke = sendNothing, waitMs = 300 } = options
  let found = await readFacts(system, interfaces())
  for (let tries = 1; tries < TRIES && found.facts.mac === undefined; tries += 1) {
    const { gateway } = found.facts
    if (gateway?.address === undefined) break
    // After waking up the system has forgotten its router until somebody wants something of it.
    poke(gateway.address, gateway.interface)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    found = await readFacts(system, interfaces())
  }
  return { network: identifyNetwork(found.facts, interfaces()), category: found.category }
}

interface FoundFacts {
  readonly facts: NetworkFacts
  readonly category: NetworkReading['category']
}

async function readFacts(system: NetworkSystem, interfaces: Interfaces): Promise<FoundFacts> {
  if (system.platform === 'win32') return readWindows(system)
  const facts = system.platform === 'darwin' ? readMacos(system, interfaces) : readLinux(system, interfaces)
  return { facts: await facts, category: undefined }
}

async function readLinux(system: NetworkSystem, interfaces: Interfaces): Promise<NetworkFacts> {
  const routes = parseProcRoutes((await system.readFile('/proc/net/route')) ?? '')
  const gateway = chooseGateway(routes, interfaces)
  if (gateway !== undefined) {
    const neighbours = parseProcArp((await system.readFile('/proc/net/arp')) ?? '')
    return { gateway, mac: findMac(gateway, neighbours), name: await nameOnLinux(system, gateway.interface) }
  }
  const sixth = chooseGateway(
    parseIpRoutes((await system.run('ip', ['-6', 'route', 'show', 'default'])) ?? ''),
    interfaces,
  )
  if (sixth === undefined) return nothing
  const neighbours = parseIpNeighbours((await system.run('ip', ['-6', 'neigh', 'show'])) ?? '')
  return { gateway: sixth, mac: findMac(sixth, neighbours), name: await nameOnLinux(system, sixth.interface) }
}

const findMac = ({ address, interface: card }: Gateway, neighbours: Neighbours): string | undefined =>
  neighbours.get(`${address ?? ''}%${card}`)

/** A VPN's default route says nothing about where this computer stands. */
function chooseGateway(gateways: readonly Gateway[], interfaces: Interfaces): Gateway | undefined {
  return gateways.find(({ address, interface: card }) => address !== undefined && isReal(card, interfaces))
}

/** A card that the system does not list is judged by its name. */
const isReal = (card: string, interfaces: Interfaces): boolean =>
  !isVirtual(card, interfaces[card]?.[0] ?? { mac: '' }, interfaces)

async function nameOnLinux(system: NetworkSystem, card: string): Promise<string | undefined> {
  if (!/^wl/.test(card)) return undefined
  const answer = await system.run('nmcli', ['-g', 'GENERAL.CONNECTION', 'device', 'show', card])
  const name = answer?.trim().replace(/\\(.)/g, '$1')
  if (name !== undefined && name !== '' && name !== '--') return name
  const spoken = (await system.run('iwgetid', [card, '-r']))?.trim()
  return spoken === '' ? undefined : spoken
}

async function readMacos(system: NetworkSystem, interfaces: Interfaces): Promise<NetworkFacts> {
  const gateway = await findMacosGateway(system, interfaces)
  if (gateway?.address === undefined) return nothing
  const { address } = gateway
  const mac = isIPv6(address)
    ? parseNdp((await system.run('/usr/sbin/ndp', ['-an'])) ?? '', address)
    : parseArp((await system.run('/usr/sbin/arp', ['-n', address])) ?? '')
  const airport = await system.run('/usr/sbin/networksetup', ['-getairportnetwork', gateway.interface])
  const name =
    parseAirportNetwork(airport ?? '') ??
    parseIpconfigSummary((await system.run('/usr/sbin/ipconfig', ['getsummary', gateway.interface])) ?? '')
  return { gateway, mac, name }
}

/** route(8): the default route that counts, and where that is a tunnel's, those that each card has of its own. */
async function findMacosGateway(system: NetworkSystem, interfaces: Interfaces): Promise<Gateway | undefined> {
  const cards = Object.keys(interfaces).filter((card) => /^[a-z]+\d+$/.test(card) && isReal(card, interfaces))
  const scopes = [[], ...cards.map((card) => ['-ifscope', card])]
  for (const family of [[], ['-inet6']]) {
    for (const scope of scopes) {
      const found = parseRouteGet(
        (await system.run('/sbin/route', ['-n', 'get', ...scope, ...family, 'default'])) ?? '',
      )
      const gateway = chooseGateway(found === undefined ? [] : [found], interfaces)
      if (gateway !== undefined) return gateway
    }
  }
  return undefined
}

async function readWindows(system: NetworkSystem): Promise<FoundFacts> {
  const all = parseWindowsNetworks((await runPowerShell(system, networkScript)) ?? '')
  // The card of a switch for virtual machines can be the way of the whole computer; a VPN's says nothing of the place.
  const networks = all.filter(({ gateway }) => findMedium(gateway.interface, true) !== 'vpn')
  const best = networks.find(({ gateway, mac }) => gateway.address !== undefined && mac !== undefined)
  const chosen = best ?? networks.find(({ gateway }) => gateway.address !== undefined)
  if (chosen === undefined) return { facts: nothing, category: undefined }
  const { gateway, mac, name, category } = chosen
  return { facts: { gateway, mac, name }, category }
}

/** RFC 863's port: whoever hears it throws it away. */
const DISCARD_PORT = 9

function sendNothing(address: string, card: string): void {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const target = findHomeKind(address) === 'linkLocal' && isIPv6(address) ? `${address}%${card}` : address
  socket.on('error', () => socket.close())
  socket.send('', DISCARD_PORT, target, () => socket.close())
}
