import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { containsKey, parseNetwork, toAddressKey } from '../../../proxy/network/ipNetwork.ts'
import type { AddressKey } from '../../../proxy/network/ipNetwork.ts'
import { RuleSet } from '../../../proxy/network/ipRules.ts'
import type { RuleSaying } from '../../../proxy/network/ipRules.ts'

const rule = (kind: 'allow' | 'deny', cidr: string, expiresAtMs: number | null = null): RuleSaying => ({
  kind,
  network: parseNetwork(cidr),
  expiresAtMs,
})

const keyOf = (address: string): AddressKey => {
  const key = toAddressKey(address)
  if (key === undefined) throw new TypeError(`${address} is no address`)
  return key
}

const allows = (rules: readonly RuleSaying[], address: string, nowMs = 0): boolean =>
  new RuleSet(rules, nowMs).allows(keyOf(address))

/** The sentence of the requirement, rule by rule. */
function allowsOneByOne(rules: readonly RuleSaying[], key: AddressKey, nowMs: number): boolean {
  const holding = rules.filter(({ expiresAtMs }) => expiresAtMs === null || nowMs < expiresAtMs)
  const names = (kind: string) => holding.some((one) => one.kind === kind && containsKey(one.network, key))
  return holding.some(({ kind }) => kind === 'allow') ? names('allow') : !names('deny')
}

describe('rules for addresses', () => {
  it('let everybody in while there is none', () => {
    expect(allows([], '192.168.1.40')).toBe(true)
  })

  it('keep out what is denied, and nobody else', () => {
    expect(allows([rule('deny', '192.168.1.0/24')], '192.168.1.40')).toBe(false)
    expect(allows([rule('deny', '192.168.1.0/24')], '192.168.2.40')).toBe(true)
  })

  it('let only those in who are allowed, as soon as anybody is, also when they are denied', () => {
    const rules = [rule('allow', '192.168.1.40'), rule('deny', '192.168.1.0/24')]
    expect(allows(rules, '192.168.1.40')).toBe(true)
    expect(allows(rules, '192.168.1.41')).toBe(false)
    expect(allows(rules, '10.0.0.1')).toBe(false)
    expect(allows(rules, '127.0.0.1')).toBe(false)
  })

  it('end at their time to the millisecond, the last one that allows with what it kept out', () => {
    const rules = [rule('allow', '192.168.1.40', 1000)]
    expect(allows(rules, '10.0.0.1', 999)).toBe(false)
    expect(allows(rules, '10.0.0.1', 1000)).toBe(true)
    expect(allows([rule('deny', '10.0.0.1', 1000)], '10.0.0.1', 999)).toBe(false)
    expect(allows([rule('deny', '10.0.0.1', 1000)], '10.0.0.1', 1000)).toBe(true)
    expect(new RuleSet([rule('deny', '10.0.0.1', 1000), rule('deny', '10.0.0.2', 500)], 0).endsAtMs).toBe(500)
  })

  it('decide as looking at one rule after the other does', () => {
    // Few bits, so that networks lie within each other, beside each other and twice.
    const address = fc.integer({ min: 0, max: 255 }).map((last) => `192.168.1.${last}`)
    const network = fc.tuple(address, fc.integer({ min: 22, max: 32 })).map(([text, bits]) => `${text}/${bits}`)
    const saying = fc
      .tuple(fc.constantFrom('allow' as const, 'deny' as const), network, fc.constantFrom(null, 5, 10))
      .map(([kind, cidr, ends]) => rule(kind, cidr, ends))
    const onlyDeny = fc.tuple(network, fc.constantFrom(null, 5, 10)).map(([cidr, ends]) => rule('deny', cidr, ends))
    fc.assert(
      fc.property(
        fc.oneof(fc.array(saying, { maxLength: 30 }), fc.array(onlyDeny, { maxLength: 30 })),
        fc.array(address, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 12 }),
        (rules, addresses, nowMs) => {
          const set = new RuleSet(rules, nowMs)
          for (const text of addresses) {
            const key = keyOf(text)
            expect(set.allows(key)).toBe(allowsOneByOne(rules, key, nowMs))
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('answer about 10,000 of them in as few steps as their number has digits', () => {
    const rules = Array.from({ length: 10_000 }, (_, at) => rule('deny', `10.${at >> 8}.${at & 255}.0/25`))
    const set = new RuleSet(rules, 0)
    // Counts what is compared instead of measuring time: the address is asked for by each comparison.
    let looks = 0
    const key = keyOf('10.20.30.200')
    const counting = new Proxy(Object(key), {
      get: (text: object, name) => {
        if (name === Symbol.toPrimitive) {
          looks += 1
          return () => key
        }
        return Reflect.get(text, name)
      },
    }) as AddressKey
    expect(set.allows(counting)).toBe(true)
    expect(looks).toBeGreaterThan(5)
    expect(looks).toBeLessThan(2 * 16)
  })
})
