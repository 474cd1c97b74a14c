import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { ChangeFeed } from '../../../proxy/database/changeFeed.ts'
import { AddressRules } from '../../../proxy/network/addressRules.ts'
import { HomeNetworks } from '../../../proxy/network/homeNetworks.ts'
import type { Interfaces } from '../../../proxy/network/lanAddresses.ts'
import { parseNetwork } from '../../../proxy/network/ipNetwork.ts'
import { RuleSet } from '../../../proxy/network/ipRules.ts'
import { createMovableClock } from '../../support/storesFixture.ts'

const card = (cidr: string, mac = '04:42:1a:00:00:01'): NetworkInterfaceInfo => {
  const address = cidr.split('/')[0] ?? ''
  const rest = { address, cidr, mac, netmask: '', internal: false }
  return address.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' }
}

type Values = Pick<Settings, 'sharing.outsideHome' | 'sharing.trustedProxies'>

function createRules(sayings: readonly string[], given: Partial<Values> = {}, interfaces: Interfaces = {}) {
  const values: Values = { 'sharing.outsideHome': false, 'sharing.trustedProxies': [], ...given }
  const listeners = new Set<(names: readonly string[]) => void>()
  const rules = sayings.map((text) => {
    const [kind, cidr = ''] = text.split(' ')
    return { kind: kind === 'allow' ? 'allow' : 'deny', network: parseNetwork(cidr), expiresAtMs: null } as const
  })
  const set = new RuleSet(rules, 0)
  const clock = createMovableClock()
  const changes = new ChangeFeed()
  const addressRules = new AddressRules({
    rules: { current: () => set },
    settings: {
      get: (name) => values[name],
      onChange: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    changes,
    home: new HomeNetworks(clock, () => interfaces),
  })
  const change = (changed: Partial<Values>) => {
    Object.assign(values, changed)
    for (const listener of [...listeners]) listener(Object.keys(changed))
  }
  return { addressRules, change, changes, clock }
}

describe('who may connect', () => {
  it('is whoever is in a network of the home, while there are no rules', () => {
    const { addressRules } = createRules([])
    for (const address of ['127.0.0.1', '192.168.1.40', '10.1.2.3', '169.254.1.1', 'fe80::1%eth0', 'fd00::1']) {
      expect(addressRules.decide(address)).toBe('allowed')
    }
    for (const address of ['203.0.113.7', '2001:db8::1', '::ffff:203.0.113.7', '']) {
      expect(addressRules.decide(address)).toBe('outside')
    }
  })

  it('is nobody on the other side of a VPN, of a mobile network and of virtual machines, nor a customer of the same carrier', () => {
    const interfaces: Interfaces = {
      eth0: [card('192.168.1.20/24')],
      eth1: [card('100.64.7.5/16')],
      tailscale0: [card('100.100.1.1/10')],
      wg0: [card('203.0.113.5/24')],
      wwan0: [card('2001:db8:5::5/64')],
      docker0: [card('198.51.100.1/24', '02:42:ac:00:00:01')],
      utun3: [card('2001:db8:9::5/64')],
    }
    const { addressRules } = createRules([], {}, interfaces)
    for (const address of [
      ...['100.64.7.9', '100.100.1.2', '203.0.113.9', '2001:db8:5::9', '198.51.100.9', '2001:db8:9::9'],
    ]) {
      expect([address, addressRules.decide(address)]).toEqual([address, 'outside'])
    }
    expect(addressRules.decide('192.168.1.9')).toBe('allowed')
  })

  it('is also who shares a link with this computer, as soon as it is joined', () => {
    const interfaces: Record<string, NetworkInterfaceInfo[]> = { eth0: [card('2001:db8:1:2::5/64')] }
    const { addressRules, clock } = createRules([], {}, interfaces)
    expect(addressRules.decide('2001:db8:1:2:aaaa::1')).toBe('allowed')
    expect(addressRules.decide('2001:db8:1:3::1')).toBe('outside')

    interfaces['eth0'] = [card('2001:db8:1:3::5/64')]
    clock.advance(5000)

    expect(addressRules.decide('2001:db8:1:3::1')).toBe('allowed')
    expect(addressRules.decide('2001:db8:1:2:aaaa::1')).toBe('outside')
  })

  it('is nobody from outside by a rule alone: that takes the switch for people outside', () => {
    const { addressRules, change } = createRules(['allow 203.0.113.7'])
    expect(addressRules.decide('203.0.113.7')).toBe('outside')

    change({ 'sharing.outsideHome': true })

    expect(addressRules.decide('203.0.113.7')).toBe('allowed')
    expect(addressRules.decide('203.0.113.8')).toBe('blocked')
  })

  it.each(['::ffff:192.168.1.40', '::ffff:c0a8:128', '::FFFF:192.168.1.40'])(
    'is not who spells a denied address as %s (bypass by ::ffff:)',
    (address) => {
      expect(createRules(['deny 192.168.1.40']).addressRules.decide(address)).toBe('blocked')
    },
  )

  it('is not who adds a zone to a denied address (bypass by zone id)', () => {
    const { addressRules } = createRules(['deny fe80::1'])
    expect(addressRules.decide('fe80::1%eth0')).toBe('blocked')
    expect(addressRules.decide('fe80::1%1')).toBe('blocked')
  })

  it('is not this computer while an allow list leaves it out (a tunnel ends on loopback)', () => {
    const { addressRules } = createRules(['allow 192.168.1.0/24'])
    expect(addressRules.decide('127.0.0.1')).toBe('blocked')
    expect(addressRules.decide('::1')).toBe('blocked')
    expect(createRules(['allow 192.168.1.0/24', 'allow 127.0.0.0/8']).addressRules.decide('127.0.0.1')).toBe('allowed')
  })

  it('is nobody whose address is none, when everybody may come from outside', () => {
    const { addressRules } = createRules([], { 'sharing.outsideHome': true })
    expect(addressRules.decide('')).toBe('blocked')
    expect(addressRules.decide('unknown')).toBe('blocked')
  })

  it('is asked again when the rules or the switch change, and not for other settings', () => {
    const { addressRules, change, changes } = createRules([])
    let asked = 0
    const stop = addressRules.onChange(() => (asked += 1))

    changes.emit('ipRules')
    change({ 'sharing.outsideHome': true })
    changes.emit('users')
    expect(asked).toBe(2)

    stop()
    changes.emit('ipRules')
    expect(asked).toBe(2)
  })
})

describe('a proxy that the owner trusts', () => {
  it('may connect whatever the rules say, and counts as a client like any other', () => {
    const { addressRules } = createRules(['allow 192.168.1.0/24'], {
      'sharing.trustedProxies': ['10.0.0.5', '203.0.113.0/28'],
    })
    expect(addressRules.isTrustedProxy('::ffff:10.0.0.5')).toBe(true)
    expect(['10.0.0.5', '192.168.1.40'].map((address) => addressRules.speaksForMany(address))).toEqual([true, false])
    expect(addressRules.decide('10.0.0.5')).toBe('allowed')
    expect(addressRules.decide('203.0.113.3')).toBe('allowed')
    expect(addressRules.decideClient('10.0.0.5')).toBe('blocked')
    expect(addressRules.decideClient('203.0.113.3')).toBe('outside')
    expect(addressRules.decideClient('192.168.1.40')).toBe('allowed')
  })

  it('is nobody by itself: not loopback, and not by a text that is no network', () => {
    const { addressRules, change } = createRules([], { 'sharing.trustedProxies': ['my-proxy', ''] })
    expect(addressRules.isTrustedProxy('127.0.0.1')).toBe(false)
    expect(addressRules.isTrustedProxy('192.168.1.1')).toBe(false)

    change({ 'sharing.trustedProxies': ['127.0.0.1'] })

    expect(addressRules.isTrustedProxy('127.0.0.1')).toBe(true)
  })
})
