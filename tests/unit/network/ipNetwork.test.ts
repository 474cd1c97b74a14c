import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  containsKey,
  findNetwork,
  parseNetwork,
  toAddressKey,
  toCanonicalAddress,
  toDeviceNetwork,
} from '../../../proxy/network/ipNetwork.ts'

const contains = (cidr: string, address: string): boolean => {
  const key = toAddressKey(address)
  return key !== undefined && containsKey(parseNetwork(cidr), key)
}

/** A number of so many bits in 32-bit or 128-bit addresses, written down in ways that mean the same. */
const toIpv4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
const groupsOf = (value: bigint): string[] =>
  Array.from({ length: 8 }, (_, at) => ((value >> BigInt(16 * (7 - at))) & 0xffffn).toString(16))
const ipv6Spellings = (value: bigint): string[] => {
  const groups = groupsOf(value)
  const long = groups.map((group) => group.padStart(4, '0')).join(':')
  const compressed = groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
  return [long, long.toUpperCase(), groups.join(':'), compressed]
}

const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n })
const ipv6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).filter((value) => value >> 32n !== 0xffffn)

/** The definition of CIDR, by numbers alone. */
const isInSame = (a: bigint, b: bigint, bits: number, size: number): boolean => {
  const shift = BigInt(size - bits)
  return a >> shift === b >> shift
}

describe('networks', () => {
  it('holds exactly the IPv4 addresses with the same leading bits', () => {
    fc.assert(
      fc.property(ipv4, ipv4, fc.integer({ min: 0, max: 32 }), fc.integer({ min: 0, max: 32 }), (a, b, bits, flip) => {
        // Half of the time an address close to the network.
        const other = flip < 32 ? a ^ (1n << BigInt(flip)) : b
        expect(contains(`${toIpv4(a)}/${bits}`, toIpv4(other))).toBe(isInSame(a, other, bits, 32))
      }),
      { numRuns: 2000 },
    )
  })

  it('holds exactly the IPv6 addresses with the same leading bits, however they are spelled', () => {
    const spelling = fc.integer({ min: 0, max: 3 })
    fc.assert(
      fc.property(
        ipv6,
        ipv6,
        fc.integer({ min: 0, max: 128 }),
        fc.integer({ min: 0, max: 128 }),
        spelling,
        (a, b, bits, flip, at) => {
          const other = flip < 128 ? a ^ (1n << BigInt(flip)) : b
          fc.pre(other >> 32n !== 0xffffn)
          const network = `${ipv6Spellings(a)[at] ?? ''}/${bits}`
          for (const text of ipv6Spellings(other)) expect(contains(network, text)).toBe(isInSame(a, other, bits, 128))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('never holds an address of the other family', () => {
    fc.assert(
      fc.property(ipv4, ipv6, (a, b) => {
        expect(contains('0.0.0.0/0', ipv6Spellings(b)[0] ?? '')).toBe(false)
        expect(contains('::/0', toIpv4(a))).toBe(false)
      }),
    )
  })

  it('is written in one way only, which means the same again', () => {
    fc.assert(
      fc.property(
        ipv4,
        ipv6,
        fc.integer({ min: 0, max: 32 }),
        fc.integer({ min: 0, max: 128 }),
        (a, b, bits4, bits6) => {
          const texts = [`${toIpv4(a)}/${bits4}`, ...ipv6Spellings(b).map((text) => `${text}/${bits6}`)]
          for (const text of texts) {
            const { cidr } = parseNetwork(text)
            expect(parseNetwork(cidr)).toEqual(parseNetwork(text))
            expect(parseNetwork(cidr).cidr).toBe(cidr)
          }
          expect(new Set(ipv6Spellings(b).map((text) => parseNetwork(`${text}/${bits6}`).cidr)).size).toBe(1)
        },
      ),
    )
  })

  it.each([
    ['192.168.1.40', '192.168.1.40/32'],
    [' 192.168.1.40/24 ', '192.168.1.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['FD00::0001', 'fd00::1/128'],
    ['2001:db8:0:0:1::/64', '2001:db8::/64'],
    ['::ffff:192.168.1.40', '192.168.1.40/32'],
    ['::ffff:c0a8:0128/120', '192.168.1.0/24'],
    ['0:0:0:0:0:ffff:192.168.1.40/128', '192.168.1.40/32'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
  ])('reads %s as %s', (text, cidr) => {
    expect(parseNetwork(text).cidr).toBe(cidr)
  })

  it.each([
    '',
    'localhost',
    '192.168.1',
    '192.168.1.256',
    '192.168.1.1/33',
    '192.168.1.1/-1',
    '192.168.1.1/',
    '192.168.1.1/24/24',
    // Other programs read these as 8.168.1.1, 192.168.0.1 and 127.0.0.1.
    '010.168.1.1',
    '192.168.1',
    '0x7f000001',
    '2130706433',
    'fd00::/129',
    'fe80::1%eth0',
    '::ffff:0:0/95',
    '192.168.1.1 ,10.0.0.1',
    '1'.repeat(10_000),
  ])('refuses %s in words', (text) => {
    expect(findNetwork(text)).toBeUndefined()
    expect(() => parseNetwork(text)).toThrow(/is no address and no network/)
  })
})

describe('addresses', () => {
  it.each([
    ['::ffff:192.168.1.40', '192.168.1.40'],
    ['::FFFF:C0A8:128', '192.168.1.40'],
    ['0:0:0:0:0:ffff:c0a8:0128', '192.168.1.40'],
    ['fe80::1%eth0', 'fe80::1'],
    ['FE80:0::1%25', 'fe80::1'],
  ])('takes %s for %s', (spelled, plain) => {
    expect(toAddressKey(spelled)).toBe(toAddressKey(plain))
    expect(toCanonicalAddress(spelled)).toBe(plain)
  })

  it.each(['', 'unknown', '192.168.1', '010.0.0.1', '::1::', '_hidden'])('takes %j for none', (text) => {
    expect(toAddressKey(text)).toBeUndefined()
    expect(toDeviceNetwork(text)).toBeUndefined()
  })

  it('takes an IPv6 network of 64 bits for one device', () => {
    expect(toDeviceNetwork('2001:db8:1:2:ffff::1')?.cidr).toBe('2001:db8:1:2::/64')
    expect(toDeviceNetwork('::ffff:192.168.1.40')?.cidr).toBe('192.168.1.40/32')
  })
})
