import { findCauses, questionAhead } from '../../../renderer/features/sharing/reachWords.ts'
import { describe, expect, it } from 'vitest'
import { findOpenUrl, toCodeUrl, toOpenUrl } from '../../../proxy/contract/sharing.ts'
import {
  homeHeadline,
  sharingFacts,
  toTypedAddress,
  whoCanComeIn,
} from '../../../renderer/features/sharing/sharingWords.ts'

describe('who can come in', () => {
  it('names everybody and says that nobody else can', () => {
    expect(whoCanComeIn(['Mia', 'Leo', 'Tom'], true)).toBe('3 people can come in: Mia, Leo, Tom. Nobody else.')
    expect(whoCanComeIn(['Mia'], true)).toBe('1 person can come in: Mia. Nobody else.')
  })

  it('does not claim while it is off that somebody can', () => {
    expect(whoCanComeIn(['Mia'], false)).toBe('Once on, 1 person can come in: Mia. Nobody else.')
    expect(whoCanComeIn([], false)).toBe('Nobody can come in yet.')
  })

  it('counts those whom it does not name', () => {
    const names = Array.from({ length: 30 }, (_unused, index) => `P${index}`)
    expect(whoCanComeIn(names, true)).toBe(
      '30 people can come in: P0, P1, P2, P3, P4, P5, P6, P7 and 22 more. Nobody else.',
    )
  })
})

describe('the sharing switch', () => {
  it('says that nothing is encrypted and that people are kept apart, and stops saying the first once it is', () => {
    const titles = (encrypted: boolean) => sharingFacts({ encrypted }).map(({ title }) => title)
    expect(titles(false)).toEqual(['Not encrypted yet.', 'People do not see each other’s pictures and jobs.'])
    expect(titles(true)).toEqual([
      'The first visit shows a warning. That is normal here.',
      'People do not see each other’s pictures and jobs.',
    ])
  })

  it('shows the address as one types it, so that a phone meets the page that explains the warning first', () => {
    expect(toTypedAddress('http://192.168.1.20:8190/')).toBe('192.168.1.20:8190')
    expect(toTypedAddress('https://192.168.1.20:8190/')).toBe('192.168.1.20:8190')
  })

  it('copies an address that opens in a browser, and leads to that page where there is one', () => {
    const [url, plainUrl] = ['https://192.168.1.20:8190/', 'http://192.168.1.20:8190/']
    const named = { url: 'https://gatehouse.local:8190/', plainUrl: 'http://gatehouse.local:8190/' }
    const told = { primaryUrl: url, codeUrl: `${plainUrl}gatehouse/welcome` }
    expect(findOpenUrl(told)).toBe(plainUrl)
    expect([toOpenUrl(named, told), toCodeUrl(named, told)]).toEqual([
      named.plainUrl,
      `${named.plainUrl}gatehouse/welcome`,
    ])
    // Every browser knows the certificate.
    const known = { primaryUrl: url, codeUrl: url }
    expect([findOpenUrl(known), toOpenUrl(named, known), toCodeUrl(named, known)]).toEqual([url, named.url, named.url])
    expect(findOpenUrl({ primaryUrl: plainUrl, codeUrl: plainUrl })).toBe(plainUrl)
    expect(findOpenUrl({ primaryUrl: null, codeUrl: null })).toBeNull()
  })
})

describe('the title of Home', () => {
  const ready = { kind: 'ready', sinceMs: 0, pid: 1, port: 1, engine: 'comfyui', version: '1' } as const
  const people = ['Mia', 'Leo']
  it.each([
    [{ kind: 'stopped' } as const, undefined, 'Everything is off'],
    [{ kind: 'stopped' } as const, { on: true, people }, 'Sharing is on, ComfyUI is not'],
    [ready, { on: false, people }, 'Running, for you only'],
    [ready, { on: true, people }, 'Open for Mia and Leo'],
    [ready, { on: true, people: ['a', 'b', 'c', 'd'] }, 'Open for 4 people'],
    [
      { kind: 'failed', failure: { code: 'X', message: '', details: '' } } as const,
      { on: true, people },
      'ComfyUI needs a look',
    ],
  ])('of %j and %j', (engine, sharing, title) => {
    const choice = { kind: 'comfyui', directory: '', version: null } as const
    expect(
      homeHeadline({ state: engine, choice }, sharing === undefined ? undefined : { ...sharing, pause: null }),
    ).toBe(title)
  })

  it.each([
    [{ kind: 'stopped' } as const, 'Sharing is on, the practice engine is not'],
    [{ kind: 'stopping', sinceMs: 0 } as const, 'The practice engine is stopping'],
    [{ kind: 'failed', failure: { code: 'X', message: '', details: '' } } as const, 'The practice engine needs a look'],
  ])('names the practice engine where it is the one: %j', (state, title) => {
    expect(homeHeadline({ state, choice: { kind: 'practice' } }, { on: true, people, pause: null })).toBe(title)
  })
})

describe('what a new network says on Home', () => {
  it('is the headline, because nobody can come in', () => {
    const choice = { kind: 'practice' } as const
    const pause = { network: { id: 'router:1', name: 'Cafe' }, asks: true }
    const ready = { kind: 'ready', sinceMs: 0, pid: 1, port: 1, engine: 'practice', version: '1' } as const
    expect(homeHeadline({ state: ready, choice }, { on: true, people: ['Mia'], pause })).toBe(
      'Running, sharing rests on this network',
    )
  })
})

describe('why nobody gets through', () => {
  const firewall = { verdict: 'open', words: '', command: null, canMend: false, isPublicNetwork: false } as const

  it.each([
    ['nothing is known of the firewall', null, ['firewall', 'otherNetwork']],
    ['the firewall was seen to be open', firewall, ['otherNetwork']],
    ['the firewall blocks', { ...firewall, verdict: 'blocked' as const }, ['firewall', 'otherNetwork']],
    [
      'Windows takes the network for a public one',
      { ...firewall, isPublicNetwork: true },
      ['publicNetwork', 'otherNetwork'],
    ],
  ] as const)('when %s', (_title, read, causes) => {
    expect(findCauses(read)).toEqual(causes)
  })

  it('is prepared for what Windows will ask, before the switch goes on and not after', () => {
    const asks = {
      ...firewall,
      verdict: 'asks' as const,
      words: 'Windows will ask now. Tick “Private networks”, then “Allow”.',
    }
    expect(questionAhead({ on: false, firewall: asks })).toBe(
      'Windows will ask. Tick “Private networks”, then “Allow”.',
    )
    expect(questionAhead({ on: true, firewall: asks })).toBeUndefined()
    expect(questionAhead({ on: false, firewall })).toBeUndefined()
  })
})
