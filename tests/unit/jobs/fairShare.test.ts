import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { charge, chooseNext, emptyFairShare } from '../../../proxy/jobs/fairShare.ts'
import type { FairShare } from '../../../proxy/jobs/fairShare.ts'
import { median, serveAll } from '../../support/fairWaits.ts'

const seconds = fc.integer({ min: 1, max: 60 })
const person = fc.record({
  weight: fc.constantFrom(0.5, 1, 2),
  jobs: fc.array(seconds, { minLength: 1, maxLength: 40 }),
})
const guesses = fc.constantFrom<(real: number) => number>(
  (real) => real,
  () => 20,
  (real) => real * 3,
  () => 0,
)

describe('fair share', () => {
  it('serves everything that waits, whatever it expected', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), person), guesses, (people, guess) => {
        const served = serveAll(people, guess)
        for (const [accountId, { jobs }] of Object.entries(people)) {
          // In the order in which they were sent: nobody's own jobs pass each other.
          expect(served.filter((job) => job.accountId === accountId).map((job) => job.seconds)).toEqual(jobs)
        }
      }),
    )
  })

  it('gives nobody more than one longest job beyond their share while another waits', () => {
    fc.assert(
      fc.property(person, person, guesses, (a, b, guess) => {
        const served = serveAll({ a, b }, guess)
        const longest = { a: Math.max(...a.jobs), b: Math.max(...b.jobs) }
        const bound = longest.a / a.weight + longest.b / b.weight
        const got = { a: 0, b: 0 }
        const left = { a: a.jobs.length, b: b.jobs.length }
        for (const job of served) {
          if (job.accountId !== 'a' && job.accountId !== 'b') throw new Error('somebody else')
          // Only while both wait has anybody a claim.
          if (left.a > 0 && left.b > 0) {
            expect(Math.abs(got.a / a.weight - got.b / b.weight)).toBeLessThanOrEqual(bound + 1e-6)
          }
          got[job.accountId] += job.seconds
          left[job.accountId] -= 1
        }
      }),
    )
  })

  it('gives no credit for the time in which somebody was away', () => {
    let share: FairShare = emptyFairShare
    for (let turn = 0; turn < 100; turn += 1) share = charge(share, { accountId: 'busy', seconds: 60, weight: 1 })
    // The newcomer is served first and then in turn, not a hundred times in a row.
    const order: (string | undefined)[] = []
    for (let turn = 0; turn < 6; turn += 1) {
      const next = chooseNext(share, [
        { accountId: 'busy', order: 0 },
        { accountId: 'new', order: 1 },
      ])
      order.push(next)
      share = charge(share, { accountId: next ?? '', seconds: 60, weight: 1 })
    }
    expect(order.filter((id) => id === 'busy').length).toBeGreaterThanOrEqual(2)
    expect(order.filter((id) => id === 'new').length).toBeGreaterThanOrEqual(2)
  })

  it('lets one with 50 jobs wait at most a third as long beside one with 150 as first come, first served would', () => {
    const greedy = { weight: 1, jobs: Array.from({ length: 150 }, () => 10) }
    const modest = { weight: 1, jobs: Array.from({ length: 50 }, () => 10) }
    const waits = serveAll({ greedy, modest }, () => 10)
      .filter(({ accountId }) => accountId === 'modest')
      .map(({ at }) => at)
    const firstCome = Array.from({ length: 50 }, (_, at) => (150 + at) * 10)
    expect(median(waits)).toBeLessThanOrEqual(median(firstCome) / 3)
  })
})
