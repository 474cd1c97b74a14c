import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { isHomeAddress, isLoopbackAddress, isLoopbackHost, normaliseAddress } from '../../../proxy/core/addresses.ts'
import { expandWildcards, findForeignAddresses, findLanAddresses } from '../../../proxy/network/lanAddresses.ts'

describe('client addresses', () => {
  it.each([
    ['::ffff:192.168.1.5', '192.168.1.5'],
    ['::FFFF:c0a8:0105', '192.168.1.5'],
    ['fe80::1%eth0', 'fe80::1'],
    ['10.0.0.1', '10.0.0.1'],
  ])('reads %s as %s', (address, expected) => {
    expect(normaliseAddress(address)).toBe(expected)
  })

  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.1.1',
    '::1',
    'fe80::1%en0',
    'fd12::1',
    '::ffff:192.168.1.1',
  ])('counts %s to the home', (address) => {
    expect(isHomeAddress(address)).toBe(true)
  })

  it.each([
    '8.8.8.8',
    '172.32.0.1',
    '172.15.255.255',
    '192.169.0.1',
    '100.64.0.1',
    '11.0.0.1',
    '0.0.0.0',
    '2001:db8::1',
    '::ffff:8.8.8.8',
    '::',
    'ff02::1',
    '',
    'localhost',
    '127.0.0.1.evil',
  ])('counts %j to nobody we know', (address) => {
    expect(isHomeAddress(address)).toBe(false)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['192.168.0.1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['127.evil.example', false],
    ['', false],
  ])('%j leads back to this computer: %s', (address, expected) => {
    expect(isLoopbackAddress(address)).toBe(expected)
    expect(isLoopbackHost(address)).toBe(expected)
  })

  it('knows this computer by its name and in brackets, too', () => {
    expect(['localhost', 'LOCALHOST', '[::1]', '[::]', 'localhost.evil'].map(isLoopbackHost)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
    expect(isLoopbackAddress('localhost')).toBe(false)
  })
})

const ipv4 = (address: string, mac = '3c:22:fb:00:00:01'): NetworkInterfaceInfo => ({
  address,
  netmask: '255.255.255.0',
  family: 'IPv4',
  mac,
  internal: address.startsWith('127.'),
  cidr: null,
})

const ipv6 = (address: string, scopeid = 0): NetworkInterfaceInfo => ({
  ...ipv4(address),
  family: 'IPv6',
  scopeid,
  internal: address === '::1',
})

describe('findForeignAddresses', () => {
  it('names what a computer has that is connected, but in no home network', () => {
    const interfaces = {
      lo: [ipv4('127.0.0.1'), ipv6('::1')],
      eth0: [ipv6('2001:db8::2'), ipv4('192.0.2.2'), ipv6('fe80::1', 2)],
      tun0: [ipv4('100.64.0.3')],
    }
    expect(findLanAddresses(interfaces)).toEqual([])
    expect(findForeignAddresses(interfaces)).toEqual(['192.0.2.2', '2001:db8::2'])
  })

  it('names nothing on a computer without a network or at home', () => {
    expect(findForeignAddresses({ lo: [ipv4('127.0.0.1')] })).toEqual([])
    expect(findForeignAddresses({ eth0: [ipv4('192.168.0.2'), ipv6('fd00::2'), ipv4('169.254.3.3')] })).toEqual([])
  })
})

describe('findLanAddresses', () => {
  it('takes a unique local IPv6 address where a card has no private IPv4 one', () => {
    const found = findLanAddresses({ eth0: [ipv4('192.0.2.2'), ipv6('fd00::2'), ipv6('fe80::1', 2)] })
    expect(found).toEqual([{ address: 'fd00::2', interface: 'eth0', virtual: false, medium: 'cable' }])
    const both = findLanAddresses({ eth0: [ipv6('fd00::2'), ipv4('192.168.0.2')] })
    expect(both.map(({ address }) => address)).toEqual(['192.168.0.2'])
  })

  it('names home networks first and marks networks of containers and VPNs', () => {
    const found = findLanAddresses({
      lo: [ipv4('127.0.0.1')],
      docker0: [ipv4('172.17.0.1', '02:42:ac:00:00:01')],
      tun0: [ipv4('10.8.0.2', '00:00:00:00:00:00')],
      eth0: [ipv4('10.0.0.7')],
      wlan0: [ipv4('192.168.1.20')],
    })
    expect(found).toEqual([
      { address: '192.168.1.20', interface: 'wlan0', virtual: false, medium: 'wifi' },
      { address: '10.0.0.7', interface: 'eth0', virtual: false, medium: 'cable' },
      { address: '10.8.0.2', interface: 'tun0', virtual: true, medium: 'vpn' },
      { address: '172.17.0.1', interface: 'docker0', virtual: true, medium: 'virtual' },
    ])
  })

  it('takes the only card of a virtual machine for its home network', () => {
    expect(findLanAddresses({ enp0s3: [ipv4('10.0.2.15', '08:00:27:aa:bb:cc')] })).toEqual([
      { address: '10.0.2.15', interface: 'enp0s3', virtual: false, medium: 'cable' },
    ])
  })

  it('marks a virtual card beside a real one on Windows', () => {
    const found = findLanAddresses({
      'vEthernet (WSL)': [ipv4('172.20.0.1', '00:15:5d:00:00:01')],
      WLAN: [ipv4('192.168.178.4')],
    })
    expect(found.map(({ virtual }) => virtual)).toEqual([false, true])
  })

  it('names no public address and a link-local one only where nothing else is', () => {
    expect(findLanAddresses({ eth0: [ipv4('203.0.113.9')] })).toEqual([])
    expect(
      findLanAddresses({ eth0: [ipv4('169.254.3.3'), ipv4('192.168.0.2')] }).map(({ address }) => address),
    ).toEqual(['192.168.0.2'])
    expect(findLanAddresses({ eth0: [ipv4('169.254.3.3')] }).map(({ address }) => address)).toEqual(['169.254.3.3'])
  })
})

describe('expandWildcards', () => {
  const interfaces = {
    lo: [ipv4('127.0.0.1')],
    eth0: [
      ipv4('192.168.0.2'),
      { ...ipv4('FD00::1'), family: 'IPv6' as const, scopeid: 0 },
      { ...ipv4('fe80::1'), family: 'IPv6' as const, scopeid: 2 },
    ],
  }

  it('listens on the addresses that there are, never on all that may come', () => {
    expect(expandWildcards(['0.0.0.0'], interfaces)).toEqual(['192.168.0.2'])
    expect(expandWildcards(['::'], interfaces)).toEqual(['192.168.0.2', 'fd00::1'])
    expect(expandWildcards(['10.0.0.5', '127.0.0.1', '10.0.0.5'], interfaces)).toEqual(['10.0.0.5'])
  })
})
