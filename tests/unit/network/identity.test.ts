import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { toMac } from '../../../proxy/network/identity/gateway.ts'
import {
  parseIpNeighbours,
  parseIpRoutes,
  parseProcArp,
  parseProcRoutes,
} from '../../../proxy/network/identity/linux.ts'
import {
  parseAirportNetwork,
  parseArp,
  parseIpconfigSummary,
  parseNdp,
  parseRouteGet,
} from '../../../proxy/network/identity/macos.ts'
import { identifyNetwork, isAnywhere } from '../../../proxy/network/identity/networkReading.ts'
import { readNetwork } from '../../../proxy/network/identity/readNetwork.ts'
import { parseWindowsNetworks } from '../../../proxy/network/identity/windows.ts'
import type { Interfaces } from '../../../proxy/network/lanAddresses.ts'
import type { NetworkSystem } from '../../../proxy/network/systemPrograms.ts'

const MAC = '02:00:5e:10:00:01'

const info = (cidr: string, mac = '02:00:5e:20:00:01'): NetworkInterfaceInfo => {
  const address = cidr.split('/')[0] ?? ''
  const rest = { address, cidr, mac, netmask: '', internal: address.startsWith('127.') }
  return address.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' }
}
const atHome: Interfaces = { lo: [info('127.0.0.1/8')], wlp3s0: [info('192.168.1.20/24')] }

const procRoutes = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'tun0\t00000000\t0100080A\t0003\t0\t0\t50\t00000000\t0\t0\t0',
  'wlp3s0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
  'enp4s0\t00000000\t0101000A\t0003\t0\t0\t100\t00000000\t0\t0\t0',
  'wlp3s0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0',
].join('\n')
const procArp = [
  'IP address       HW type     Flags       HW address            Mask     Device',
  `192.168.1.1      0x1         0x2         ${MAC}     *        wlp3s0`,
  '192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        wlp3s0',
].join('\n')

describe('what Linux says of routers', () => {
  it('is read from the table of routes, the cheapest first', () => {
    expect(parseProcRoutes(procRoutes)).toEqual([
      { interface: 'tun0', address: '10.8.0.1', metric: 50 },
      { interface: 'enp4s0', address: '10.0.1.1', metric: 100 },
      { interface: 'wlp3s0', address: '192.168.1.1', metric: 600 },
    ])
  })

  it('is read from the neighbours, without those that did not answer', () => {
    expect([...parseProcArp(procArp)]).toEqual([['192.168.1.1%wlp3s0', MAC]])
  })

  it('is read for IPv6 as well', () => {
    const routes = 'default via fe80::1 dev wlp3s0 proto ra metric 600 pref medium\nfd00::/64 dev wlp3s0'
    expect(parseIpRoutes(routes)).toEqual([{ interface: 'wlp3s0', address: 'fe80::1', metric: 600 }])
    const neighbours = `fe80::1 dev wlp3s0 lladdr ${MAC} router REACHABLE\nfe80::2 dev wlp3s0 FAILED`
    expect([...parseIpNeighbours(neighbours)]).toEqual([['fe80::1%wlp3s0', MAC]])
  })

  it.each(['', 'Iface', '\0\0', 'wlp3s0\t00000000\tZZ\t0003\t0\t0\t1\t00000000'])('is nothing in %j', (text) => {
    expect(parseProcRoutes(text).filter(({ address }) => address !== undefined)).toEqual([])
    expect(parseProcArp(text).size).toBe(0)
  })
})

describe('what macOS says of routers', () => {
  it('is read from route', () => {
    const text =
      '   route to: default\ndestination: default\n    gateway: 192.168.1.1\n  interface: en0\n      flags: <UP>'
    expect(parseRouteGet(text)).toEqual({ interface: 'en0', address: '192.168.1.1', metric: 0 })
    expect(parseRouteGet('route: writing to routing socket: not in table')).toBeUndefined()
    expect(parseRouteGet('    gateway: fe80::1%en0\n  interface: en0')?.address).toBe('fe80::1')
  })

  it('is read from arp and ndp, whose hardware addresses leave zeros out', () => {
    expect(parseArp('? (192.168.1.1) at 2:0:5e:10:0:1 on en0 ifscope [ethernet]')).toBe(MAC)
    expect(parseArp('? (192.168.1.1) at (incomplete) on en0 ifscope [ethernet]')).toBeUndefined()
    expect(parseArp('192.168.1.1 (192.168.1.1) -- no entry')).toBeUndefined()
    const table = 'Neighbor  Linklayer Address  Netif Expire  St Flgs Prbs\nfe80::1%en0  2:0:5e:10:0:1  en0 23h S R'
    expect(parseNdp(table, 'fe80::1')).toBe(MAC)
  })

  it('is the name of the Wi-Fi where the system tells it', () => {
    expect(parseAirportNetwork('Current Wi-Fi Network: Ours\n')).toBe('Ours')
    expect(parseAirportNetwork('You are not associated with an AirPort network.')).toBeUndefined()
    expect(parseIpconfigSummary('  BSSID : <redacted>\n  SSID : Ours\n')).toBe('Ours')
    expect(parseIpconfigSummary('  SSID : <redacted>\n')).toBeUndefined()
  })
})

describe('what Windows says of routers', () => {
  const answer = JSON.stringify({
    routes: [
      { interface: 'NordVPN', index: 40, gateway: '0.0.0.0', metric: 5 },
      { interface: 'WLAN', index: 12, gateway: '192.168.1.1', metric: 50 },
    ],
    neighbours: [{ index: 12, address: '192.168.1.1', mac: '02-00-5E-10-00-01' }],
    profiles: [{ index: 12, name: 'Ours 2', category: 'Public' }],
  })

  it('is put together from routes, neighbours and profiles', () => {
    expect(parseWindowsNetworks(`\uFEFF${answer}\r\n`)[1]).toEqual({
      gateway: { interface: 'WLAN', address: '192.168.1.1', metric: 50 },
      mac: MAC,
      name: 'Ours 2',
      category: 'public',
    })
  })

  it.each(['', 'Get-NetRoute : Zugriff verweigert', '{"routes":{}}', '[]'])('is nothing in %j', (text) => {
    expect(parseWindowsNetworks(text)).toEqual([])
  })
})

describe('a hardware address', () => {
  it.each([
    ['A4-2B-B0-01-02-03', 'a4:2b:b0:01:02:03'],
    ['a4:2b:b0:1:2:3', 'a4:2b:b0:01:02:03'],
    ['00:00:00:00:00:00', undefined],
    ['ff-ff-ff-ff-ff-ff', undefined],
    ['(incomplete)', undefined],
    ['a4:2b:b0:1:2', undefined],
  ])('%s is %s', (text, mac) => {
    expect(toMac(text)).toBe(mac)
  })
})

describe('a network', () => {
  const gateway = { interface: 'wlp3s0', address: '192.168.1.1', metric: 0 }

  it('is told by its router, whatever address this computer got', () => {
    const network = identifyNetwork({ gateway, mac: MAC, name: 'Ours' }, atHome)
    expect(network).toEqual({ id: `router:${MAC}`, name: 'Ours' })
  })

  it('with a router whose hardware address many networks have is another one elsewhere', () => {
    const shared = { gateway, mac: '00:00:5e:00:01:0a', name: undefined }
    const here = identifyNetwork(shared, atHome)
    const there = identifyNetwork(shared, { wlp3s0: [info('192.168.7.20/24')] })
    expect(here?.id).not.toBe(there?.id)
  })

  it('whose router does not say who it is, is no network that was agreed to by its router', () => {
    const network = identifyNetwork({ gateway, mac: undefined, name: undefined }, atHome)
    expect(network).toEqual({ id: 'unknown:192.168.1.1@192.168.1.0/24', name: 'with the router 192.168.1.1' })
  })

  it('without a router is told by its numbers, and containers do not count', () => {
    const interfaces = { eth0: [info('10.0.3.7/22')], docker0: [info('172.17.0.1/16', '02:42:ac:00:00:01')] }
    const network = identifyNetwork({ gateway: undefined, mac: undefined, name: undefined }, interfaces)
    expect(network?.id).toBe('isolated:10.0.0.0/22')
  })

  it('of addresses that computers give themselves is anywhere, and one with numbers of its own is not', () => {
    const nowhere = { gateway: undefined, mac: undefined, name: undefined }
    const self = identifyNetwork(nowhere, { eth0: [info('169.254.7.7/16'), info('fe80::7/64')] })
    const cable = identifyNetwork(nowhere, { eth0: [info('10.0.3.7/22'), info('169.254.7.7/16')] })
    expect(self).toBeDefined()
    expect([self, cable].map((network) => network !== undefined && isAnywhere(network))).toEqual([true, false])
    expect(isAnywhere({ id: `router:${MAC}` })).toBe(false)
  })

  it('is none where there is only this computer', () => {
    const nothing = { gateway: undefined, mac: undefined, name: undefined }
    expect(identifyNetwork(nothing, { lo: [info('127.0.0.1/8')] })).toBeUndefined()
  })
})

describe('reading the network', () => {
  const linux = (
    files: Readonly<Record<string, string>>,
    programs: Readonly<Record<string, string>> = {},
  ): NetworkSystem => ({
    platform: 'linux',
    readFile: (path) => Promise.resolve(files[path]),
    run: (program) => Promise.resolve(programs[program]),
  })
  const interfaces = (): Interfaces => ({ ...atHome, tun0: [info('10.8.0.2/24', '00:00:00:00:00:00')] })

  it('takes the real card, not the tunnel, and the name of the Wi-Fi', async () => {
    const files = { '/proc/net/route': procRoutes.replace(/^enp4s0.*\n/m, ''), '/proc/net/arp': procArp }
    const reading = await readNetwork({ system: linux(files, { nmcli: 'Ours\n' }), interfaces })
    expect(reading).toEqual({ network: { id: `router:${MAC}`, name: 'Ours' }, category: undefined })
  })

  it('on macOS does not take the router of a VPN for where this computer stands', async () => {
    const asked: string[] = []
    const system: NetworkSystem = {
      platform: 'darwin',
      readFile: () => Promise.resolve(undefined),
      run: (program, args) => {
        asked.push([program, ...args].join(' '))
        if (program.endsWith('arp')) return Promise.resolve(`? (192.168.1.1) at ${MAC} on en0 ifscope [ethernet]`)
        if (!program.endsWith('route') || args.includes('-inet6')) return Promise.resolve(undefined)
        const ofCard = args.includes('-ifscope')
        if (ofCard && !args.includes('en0')) return Promise.resolve(undefined)
        return Promise.resolve(
          ofCard
            ? '    gateway: 192.168.1.1\n  interface: en0\n'
            : '    gateway: 10.8.0.1\n  interface: utun4\n      flags: <UP>',
        )
      },
    }
    const cards = { en0: [info('192.168.1.20/24')], utun4: [info('10.8.0.2/24', '00:00:00:00:00:00')] }
    const reading = await readNetwork({ system, interfaces: () => cards })
    expect(reading.network?.id).toBe(`router:${MAC}`)
    expect(asked.join()).not.toContain('-ifscope utun')

    const tunnelOnly: NetworkSystem = {
      ...system,
      run: (program, args) => (args.includes('-ifscope') ? Promise.resolve(undefined) : system.run(program, args)),
    }
    const reached = await readNetwork({ system: tunnelOnly, interfaces: () => cards })
    expect(reached.network?.id).toBe('isolated:192.168.1.0/24')
  })

  it('wakes the router up when nobody has asked it for anything yet', async () => {
    const files: Record<string, string> = { '/proc/net/route': procRoutes, '/proc/net/arp': '' }
    const poked: string[] = []
    const poke = (address: string) => {
      poked.push(address)
      files['/proc/net/arp'] = procArp.replaceAll('192.168.1.1 ', '10.0.1.1    ').replaceAll('wlp3s0', 'enp4s0')
    }
    const reading = await readNetwork({ system: linux(files), interfaces, poke, waitMs: 1 })
    expect(poked).toEqual(['10.0.1.1'])
    expect(reading.network?.id).toBe(`router:${MAC}`)
  })

  it('knows no network where nothing can be read', async () => {
    expect((await readNetwork({ system: linux({}), interfaces: () => ({}) })).network).toBeUndefined()
  })
})
