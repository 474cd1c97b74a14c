import { describe, expect, it } from 'vitest'
import type { LockoutAnswer } from '../../../proxy/contract/lockouts.ts'
import { offersCanvas } from '../../../renderer/features/account/landingPath.ts'
import { keptOutWords, outcomeWords, toNetworks, waitWords } from '../../../renderer/features/network/ruleWords.ts'
import { toCountdown } from '../../../renderer/words/time.ts'

const nowMs = Date.parse('2026-11-23T12:00:00.000Z')
const lockout: LockoutAnswer = {
  id: 'aaaaaaaaaaaaaaa1',
  kind: 'address',
  state: 'over',
  address: '192.168.1.40',
  place: 'home',
  device: '',
  knownAs: null,
  people: [],
  unknownNames: true,
  failures: 3,
  lastAt: null,
  waitsUntil: null,
  keptOut: false,
  cameIn: null,
}

describe('who is blocked and waits', () => {
  it('may try again when its pause is over, unless a rule keeps it out', () => {
    expect(waitWords(lockout, nowMs)).toBe('It may try again.')
    for (const state of ['over', 'waits', 'blocked'] as const) {
      const words = waitWords({ ...lockout, state, keptOut: true }, nowMs)
      expect(words).not.toContain('try again')
      expect(words).toContain('cannot be reached')
    }
  })

  it('says that nobody came in only while that is so', () => {
    expect(outcomeWords(lockout, nowMs)).toBe('Nobody came in.')
    const cameIn = { name: 'Mia', at: '2026-11-23T11:56:00.000Z' }
    expect(outcomeWords({ ...lockout, cameIn }, nowMs)).toBe('Mia signed in from there 4 minutes ago.')
    expect(outcomeWords({ ...lockout, kind: 'account', cameIn }, nowMs)).toBe('Mia signed in 4 minutes ago.')
  })

  it('names the addresses that rules keep out', () => {
    const rule = (cidr: string, kind: 'deny' | 'allow' = 'deny') =>
      ({ id: cidr, kind, cidr, comment: '', source: 'owner', createdAt: '', expiresAt: null }) as const
    expect(keptOutWords([rule('192.168.1.0/24', 'allow')])).toBe('')
    expect(keptOutWords([rule('192.168.1.66/32'), rule('10.0.0.0/8')])).toMatch(
      /^Kept out by a rule: 192\.168\.1\.66 and 10\.0\.0\.0\/8\. .*cannot be reached\.$/,
    )
    expect(keptOutWords(['1', '2', '3', '4', '5', '6'].map((end) => rule(`10.0.0.${end}/32`)))).toContain('2 more')
  })
})

describe('words of the pages', () => {
  it('count down what ends soon', () => {
    expect(toCountdown(nowMs + 95_000, nowMs)).toBe('in 95 seconds')
    expect(toCountdown(nowMs + 1, nowMs)).toBe('in 1 second')
    expect(toCountdown(nowMs - 5, nowMs)).toBe('in 0 seconds')
    expect(toCountdown(nowMs + 481_000, nowMs)).toBe('in 9 minutes')
  })

  it('read the networks of proxies line by line', () => {
    expect(toNetworks(' 192.168.1.5\n\n10.0.0.0/8, fd00::1 ')).toEqual(['192.168.1.5', '10.0.0.0/8', 'fd00::1'])
    expect(toNetworks('\n')).toEqual([])
  })

  it('offer the canvas to who builds, and not to who runs what is ready', () => {
    expect(offersCanvas(['canvas', 'graphs'])).toBe(true)
    expect(offersCanvas(['canvas', 'workflows'])).toBe(false)
    expect(offersCanvas(['graphs'])).toBe(false)
  })
})
