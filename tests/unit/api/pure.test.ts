import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toPage } from '../../../proxy/api/paging.ts'
import { pageHeaders, toOrigin } from '../../../proxy/portal/contentPolicy.ts'
import { toOwnPath } from '../../../proxy/portal/ownPath.ts'

describe('where sign-in leads', () => {
  it('is a path of this origin for every text (open redirect)', () => {
    const hostile = fc.array(
      fc.constantFrom('/', '\\', '.', '%', '2f', '5c', ':', '@', 'evil.example', 'http', '\t', '\n', '?', '#', ' '),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          hostile.map((parts) => parts.join('')),
          hostile.map((parts) => `/${parts.join('')}`),
          fc.string(),
        ),
        (next) => {
          const path = toOwnPath(next)
          expect(path).toMatch(/^\/(?![/\\])/)
          expect(new URL(path, 'http://gate.example').origin).toBe('http://gate.example')
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('keeps an ordinary path', () => {
    expect(toOwnPath('/gatehouse/account?a=1#b')).toBe('/gatehouse/account?a=1#b')
    expect(toOwnPath(undefined)).toBe('/')
  })
})

describe('the origin in a policy', () => {
  it.for([
    ['192.168.1.5:8190', false, 'http://192.168.1.5:8190'],
    ['Gatehouse.Localhost:4000', false, 'http://gatehouse.localhost:4000'],
    ['[fd00::1]:8190', true, 'https://[fd00::1]:8190'],
    ['a; script-src *', false, undefined],
    ['a b', false, undefined],
    ['a/b', false, undefined],
    ['', false, undefined],
    [undefined, false, undefined],
  ] as const)('for Host %s over TLS %s is %s', ([host, secure, origin]) => {
    expect(toOrigin(host, secure)).toBe(origin)
  })
})

describe('pages of a list', () => {
  it('give everything once, whatever the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), (all, limit) => {
        const seen: number[] = []
        let cursor: string | null = null
        do {
          const page: { items: number[]; nextCursor: string | null } = toPage(all, {
            limit,
            ...(cursor === null ? {} : { cursor }),
          })
          seen.push(...page.items)
          cursor = page.nextCursor
        } while (cursor !== null)
        expect(seen).toEqual(all)
      }),
    )
  })

  it.for([['x'], ['5'], ['c-1'], ['c../../x']])('refuse the cursor %s', ([cursor]) => {
    expect(() => toPage([1], { limit: 1, cursor: cursor ?? '' })).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED' }),
    )
  })
})

describe('the policy of a page at an IPv6 address', () => {
  it('names no host, which browsers cannot read there, and still lets nothing foreign or inline load', () => {
    const policy = pageHeaders(toOrigin('[fd00::2]:8190', false))['content-security-policy'] ?? ''

    expect(policy).not.toContain('[')
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';")
    expect(policy).toContain("connect-src 'self';")
    expect(policy).not.toMatch(/unsafe|\*/)
  })
})
