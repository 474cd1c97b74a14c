import { BlockList, isIPv4 } from 'node:net'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findHomeKind, homeNetworks } from '../../../proxy/core/homeAddresses.ts'

const list = new BlockList()
for (const { cidr } of homeNetworks) {
  const [address = '', bits] = cidr.split('/')
  list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6')
}

it('home is read from the text of an address as Node reads its bits', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      // IPv6 with an IPv4 address at its end, which no socket tells unless it is mapped.
      fc.pre(!(address.includes(':') && address.includes('.')))
      expect(findHomeKind(address) !== undefined).toBe(list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'))
    }),
    { numRuns: 2000 },
  )
})

it.each([
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['::ffff:10.0.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['169.254.255.255', 'linkLocal'],
  ['FE80::1%en0', 'linkLocal'],
  ['febf::1', 'linkLocal'],
  ['fd00::1', 'uniqueLocal'],
  ['100.64.0.1', undefined],
  ['100.127.255.255', undefined],
  ['fec0::1', undefined],
  ['10.0.0.1.', undefined],
  ['010.0.0.1', undefined],
  ['10.0.0', undefined],
  ['fd00::1::1', undefined],
  ['fd00', undefined],
  ['1:fd00::', undefined],
])('%s is %s', (address, kind) => {
  expect(findHomeKind(address)).toBe(kind)
})
