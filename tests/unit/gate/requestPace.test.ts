import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { RequestPace } from '../../../proxy/pipeline/requestPace.ts'
import type { PacedRequest } from '../../../proxy/pipeline/requestPace.ts'
import { FakeSettings, keyPrincipal, sessionPrincipal } from '../../support/gateFixture.ts'
import { createMovableClock } from '../../support/storesFixture.ts'

function open(limits: { person?: number; address?: number; stranger?: number }) {
  const settings = new FakeSettings()
  settings.set('limits.requestsPerMinute', limits.person ?? 1e9)
  settings.set('limits.requestsPerMinutePerAddress', limits.address ?? 1e9)
  settings.set('limits.strangerRequestsPerMinute', limits.stranger ?? 1e9)
  const clock = createMovableClock()
  const pace = new RequestPace(clock, settings)
  const refusalOf = (asked: PacedRequest): GateError | undefined => {
    try {
      pace.take(asked)
      return undefined
    } catch (error) {
      if (error instanceof GateError) return error
      throw error
    }
  }
  const passes = (asked: PacedRequest, tries: number): number =>
    Array.from({ length: tries }, () => refusalOf(asked)).filter((refusal) => refusal === undefined).length
  return { settings, clock, refusalOf, passes }
}

const stranger = (clientAddress: string): PacedRequest => ({ clientAddress, principal: undefined })
const session = (name: string, clientAddress = '192.168.1.20'): PacedRequest => ({
  clientAddress,
  principal: sessionPrincipal(name, 'creator'),
})
const key = (name: string, scopes: readonly ('run' | 'read')[] = ['run']): PacedRequest => ({
  clientAddress: '192.168.1.20',
  principal: keyPrincipal(name, 'creator', scopes),
})

describe('requests a minute', () => {
  it('may all come at once, and come back evenly', () => {
    const { clock, passes } = open({ person: 60 })
    expect(passes(session('mia'), 100)).toBe(60)
    clock.advance(10_000)
    expect(passes(session('mia'), 100)).toBe(10)
    clock.advance(600_000)
    expect(passes(session('mia'), 100)).toBe(60)
  })

  it('say how long to wait, in words and in fields', () => {
    const { passes, refusalOf } = open({ person: 60 })
    passes(session('mia'), 60)
    const refusal = refusalOf(session('mia'))
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
    expect(refusal?.details).toEqual({
      retryAfterSeconds: 1,
      rateLimitPolicy: '"person";q=60;w=60',
      rateLimit: '"person";r=0;t=1',
    })
    expect(refusal?.message).toBe('You asked too often. Try again in a second.')
  })

  it('are counted apart for people and for keys, and together only at twice as many', () => {
    const { passes } = open({ person: 60 })
    expect(passes(key('mia', ['run']), 100)).toBe(60)
    expect(passes(key('mia', ['read']), 100)).toBe(60)
    expect(passes(key('mia', ['run', 'read']), 100)).toBe(0)
    expect(passes(session('mia'), 100)).toBe(60)
    expect(passes(session('leo'), 100)).toBe(60)
  })

  it('count for an address whoever signs in there', () => {
    const { passes } = open({ person: 60, address: 100 })
    expect(passes(session('mia'), 100)).toBe(60)
    expect(passes(session('leo'), 100)).toBe(40)
    expect(passes(session('leo', '192.168.1.21'), 100)).toBe(20)
  })

  it('of strangers leave whoever signed in behind the same tunnel alone', () => {
    const { passes } = open({ stranger: 10, address: 100 })
    expect(passes(stranger('127.0.0.1'), 1000)).toBe(10)
    expect(passes(session('mia', '127.0.0.1'), 50)).toBe(50)
  })

  it('of others on this computer or behind its tunnel do not stop ComfyUI in the window', () => {
    const { passes } = open({ person: 60, address: 100 })
    passes(session('mia', '127.0.0.1'), 100)
    passes(session('leo', '127.0.0.1'), 100)
    const { principal } = session('anna', '127.0.0.1')
    const credential = { kind: 'session', sessionId: 'window', surface: 'people', fromOwnerWindow: true } as const
    const fromWindow = principal && { clientAddress: '127.0.0.1', principal: { ...principal, credential } }
    expect(fromWindow && passes(fromWindow, 100)).toBe(60)
  })

  it('are one count for a network of IPv6, whatever address of it somebody takes', () => {
    const { passes } = open({ stranger: 10 })
    const taken = Array.from({ length: 100 }, (_, at) => passes(stranger(`fd00::${(at + 1).toString(16)}`), 1))
    expect(taken.filter((passed) => passed === 1)).toHaveLength(10)
    expect(passes(stranger('fd00:0:0:1::1'), 1)).toBe(1)
  })

  it('follow the settings at once', () => {
    const { settings, passes, clock } = open({ person: 60 })
    expect(passes(session('mia'), 100)).toBe(60)
    settings.set('limits.requestsPerMinute', 600)
    clock.advance(1000)
    expect(passes(session('mia'), 100)).toBe(10)
  })

  it('never are more than a minute’s worth and what came back, whatever the rhythm, also when the clock goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2_000, max: 5_000 }), { maxLength: 200 }), (steps) => {
        const { clock, passes } = open({ person: 60 })
        let passed = 0
        let forwardMs = 0
        for (const ms of steps) {
          clock.advance(ms)
          forwardMs += Math.max(0, ms)
          passed += passes(session('mia'), 3)
        }
        expect(passed).toBeLessThanOrEqual(60 + forwardMs / 1000 + 1e-6)
      }),
    )
  })

  it('of a hundred thousand addresses do not fill the memory, and the newest are still counted', () => {
    const { passes } = open({ stranger: 2 })
    for (let at = 0; at < 100_000; at += 1) passes(stranger(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`), 1)
    const last = 99_999
    expect(passes(stranger(`10.${last >> 16}.${(last >> 8) & 255}.${last & 255}`), 5)).toBe(1)
  })
})
