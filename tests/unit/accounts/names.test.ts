import { describe, expect, it } from 'vitest'
import { toNameKey } from '../../../proxy/accounts/accountName.ts'
import { describeDevice } from '../../../proxy/accounts/deviceName.ts'

describe('names', () => {
  it.for([
    ['Mia', 'mia'],
    ['MIA', 'mia'],
    ['Ｍｉａ', 'mia'],
    ['José', 'Jose\u0301'],
    ['Straße', 'STRASSE'],
    ['Anna  Lena', 'anna lena'],
    ['ﬁnn', 'Finn'],
  ] as const)('%s and %s are one', ([one, other]) => {
    expect(toNameKey(one)).toBe(toNameKey(other))
  })

  it.for([
    ['Mia', 'Maia'],
    ['Jose', 'José'],
    ['a b', 'ab'],
  ] as const)('%s and %s are two', ([one, other]) => {
    expect(toNameKey(one)).not.toBe(toNameKey(other))
  })
})

describe('devices', () => {
  it.for([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox on Linux'],
    ['curl/8.15.0', 'curl'],
    ['<script>alert(1)</script>', 'Unknown device'],
    [undefined, 'Unknown device'],
  ] as const)('%s is %s', ([userAgent, words]) => {
    expect(describeDevice(userAgent)).toBe(words)
  })
})
