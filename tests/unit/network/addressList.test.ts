import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAddressList } from '../../../proxy/network/addressList.ts'

describe('a list of addresses from another program', () => {
  it('is read line by line: addresses, networks, comments, blank lines, any kind of line end', () => {
    const text = '\uFEFF# who may\r\n192.168.1.40\r\n\r\n10.0.0.0/8   # the lab\n;old\nfd00::1;attic\r203.0.113.7'

    expect(readAddressList(text)).toEqual({
      networks: [
        { cidr: '192.168.1.40/32', comment: '' },
        { cidr: '10.0.0.0/8', comment: 'the lab' },
        { cidr: 'fd00::1/128', comment: 'attic' },
        { cidr: '203.0.113.7/32', comment: '' },
      ],
      skipped: [],
    })
  })

  it('names what it does not understand and loses nothing else', () => {
    const list = readAddressList('10.0.0.1\nmy-laptop\n10.0.0.999\n10.0.0.2\n10.0.0.1/40')

    expect(list.networks.map(({ cidr }) => cidr)).toEqual(['10.0.0.1/32', '10.0.0.2/32'])
    expect(list.skipped).toEqual([
      { line: 2, text: 'my-laptop' },
      { line: 3, text: '10.0.0.999' },
      { line: 5, text: '10.0.0.1/40' },
    ])
  })

  it('takes the same address once, however it is spelled', () => {
    expect(readAddressList('::ffff:10.0.0.1\n10.0.0.1\n10.0.0.1/32').networks).toHaveLength(1)
  })

  it('lets no control characters of the file through to a terminal or a page', () => {
    const list = readAddressList('\u001b[31mred\n10.0.0.1 # \u202Eevil\u0000')

    expect(JSON.stringify(list)).not.toMatch(/\\u001b|\u202E|\\u0000/)
  })

  it('finds every address in whatever stands between them', () => {
    const address = fc.ipV4()
    const noise = fc.constantFrom('', '   ', '# 1.2.3.4', '; x', 'not one', '1.2.3')
    fc.assert(
      fc.property(fc.array(fc.tuple(address, noise)), fc.constantFrom('\n', '\r\n', '\r'), (lines, end) => {
        const text = lines.flatMap(([one, other]) => [other, one]).join(end)
        const found = new Set(readAddressList(text).networks.map(({ cidr }) => cidr))
        expect(found).toEqual(new Set(lines.map(([one]) => `${one}/32`)))
      }),
    )
  })
})
