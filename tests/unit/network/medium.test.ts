import { describe, expect, it } from 'vitest'
import { findMedium, parseHardwarePorts } from '../../../proxy/network/medium.ts'

describe('the way into a network', () => {
  it.each([
    ['wlp3s0', false, 'wifi'],
    ['wlan0', false, 'wifi'],
    ['Wi-Fi', false, 'wifi'],
    ['WLAN 2', false, 'wifi'],
    ['enp4s0', false, 'cable'],
    ['eth0', false, 'cable'],
    ['Ethernet 2', false, 'cable'],
    ['tun0', true, 'vpn'],
    ['Tailscale', true, 'vpn'],
    ['docker0', true, 'virtual'],
    ['vEthernet (Default Switch)', true, 'virtual'],
    ['en0', false, 'other'],
  ] as const)('is read from %s (virtual: %s) as %s', (name, isVirtual, medium) => {
    expect(findMedium(name, isVirtual)).toBe(medium)
  })

  it('is what macOS says of a card whose name says nothing', () => {
    const ports = parseHardwarePorts(
      [
        'Hardware Port: Thunderbolt Ethernet Slot 1',
        'Device: en5',
        'Ethernet Address: 02:00:5e:00:00:05',
        '',
        'Hardware Port: Wi-Fi',
        'Device: en0',
        'Ethernet Address: 02:00:5e:00:00:01',
        '',
        'Hardware Port: Thunderbolt Bridge',
        'Device: bridge0',
        'Ethernet Address: N/A',
        '',
        'VLAN Configurations',
        '===================',
      ].join('\n'),
    )
    expect(findMedium('en0', false, ports)).toBe('wifi')
    expect(findMedium('en5', false, ports)).toBe('cable')
    expect(ports.has('bridge0')).toBe(false)
  })
})
