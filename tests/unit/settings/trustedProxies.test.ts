import { describe, expect, it } from 'vitest'
import { settingDefinitions } from '../../../proxy/contract/settings.ts'

const { schema } = settingDefinitions['sharing.trustedProxies']
const wordsOf = (text: string): string => schema.safeParse([text]).error?.issues[0]?.message ?? ''

describe('a proxy to trust', () => {
  it.each([
    '192.168.1.5',
    '127.0.0.1',
    '10.0.0.0/8',
    '172.16.0.0/12',
    '203.0.113.7/32',
    '::1',
    '::1/128',
    'fd00::5',
    'fc00::/7',
  ])('is an address or a network: %s', (text) => {
    expect(schema.safeParse([text]).success).toBe(true)
  })

  it.each([
    'my-proxy',
    '',
    '*',
    'localhost',
    '192.168.1.5:8080',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.1-10.0.0.9',
    '[::1]',
  ])('is no name, port or pattern, and that is said: %j', (text) => {
    expect(wordsOf(text)).toMatch(/^Name each proxy by its address or network/)
  })

  it.each([
    ...['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1', '2000::/3'],
    // Every IPv4 address, in the spelling of IPv6.
    ...['::ffff:0:0/96', '::ffff:0.0.0.0/96', '::FFFF:128.0.0.0/97', '0:0:0:0:0:ffff::/96', '0000:0:0:0:0:ffff:0:0/97'],
    ...['0::ffff:0:0/96', '::0:ffff:0:0/96'],
  ])('is not everybody, who could then claim any address: %s', (text) => {
    expect(wordsOf(text)).toMatch(/too large to be a proxy/)
  })
})
