import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readForwardedClient } from '../../../proxy/network/forwardedClient.ts'

const trusted = new Set(['10.0.0.5', '10.0.0.6'])
const read = (told: { for?: string; proto?: string; host?: string }, peer = '10.0.0.5') =>
  readForwardedClient(
    peer,
    { forwardedFor: told.for, forwardedProto: told.proto, forwardedHost: told.host },
    (address) => trusted.has(address),
  )

describe('what a trusted proxy says of its client', () => {
  it.each([
    ['192.168.1.40', '192.168.1.40'],
    ['203.0.113.9, 192.168.1.40', '192.168.1.40'],
    ['203.0.113.9, 192.168.1.40, 10.0.0.6', '192.168.1.40'],
    ['10.0.0.6', '10.0.0.6'],
    ['10.0.0.6, 10.0.0.5', '10.0.0.6'],
    ['::ffff:192.168.1.40', '192.168.1.40'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['192.168.1.40:5555', '192.168.1.40'],
    ['fe80::1%eth0', 'fe80::1'],
    [' , 192.168.1.40 , ', '192.168.1.40'],
    // Whatever the client wrote stands left of what the proxy saw.
    ['unknown, <script>, 192.168.1.40', '192.168.1.40'],
  ])('takes "%s" for %s', (chain, client) => {
    expect(read({ for: chain }).address).toBe(client)
  })

  it.each([undefined, '', ' , '])('counts the proxy itself when it names nobody (%j)', (chain) => {
    expect(read(chain === undefined ? {} : { for: chain }).address).toBe('10.0.0.5')
  })

  it.each(['unknown', '192.168.1.40, _hidden', '192.168.1.999', '010.0.0.1', '192.168.1.1/24'])(
    'refuses "%s": the hop it saw itself is no address',
    (chain) => {
      expect(() => read({ for: chain })).toThrow(/no address/)
    },
  )

  it('never believes what stands left of the first hop that is not trusted', () => {
    const forged = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()).map((text) => text.replaceAll(',', '')))
    fc.assert(
      fc.property(forged, (left) => {
        expect(read({ for: [...left, '192.168.1.40', '10.0.0.6'].join(',') }).address).toBe('192.168.1.40')
      }),
    )
  })

  it.each([
    [undefined, undefined],
    ['https', true],
    ['HTTPS', true],
    ['http', false],
    ['https, https', true],
    ['https, http', false],
    ['http, https', false],
    ['', false],
    ['wss', false],
  ])('is encrypted by "%s": %s', (proto, secure) => {
    expect(read(proto === undefined ? {} : { proto }).secure).toBe(secure)
  })

  it('names one host or none', () => {
    expect(read({ host: 'pictures.example' }).host).toBe('pictures.example')
    expect(read({}).host).toBeUndefined()
    expect(() => read({ host: 'pictures.example, evil.example' })).toThrow(/more than one host/)
  })
})
