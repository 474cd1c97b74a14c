import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttackResult } from '../../proxy/contract/protection.ts'
import { attackCases } from '../../service/protection/cases/attackCases.ts'
import { runProtection } from '../../service/protection/runProtection.ts'
import { makeProtectionSurroundings } from '../support/protectionPages.ts'

/*
 * What "Check my protection" and `gatehouse doctor --attack` try, each attack as a test of its own. They run once, as
 * they do for people: on a gate of their own with the practice engine behind it.
 */

const surroundings = makeProtectionSurroundings()
afterAll(surroundings.remove)

let results: ReadonlyMap<string, AttackResult>
beforeAll(async () => {
  const report = await runProtection({
    ...surroundings.options,
    running: { notAsked: 'There is no other gate in this test.' },
    limits: { caseMs: 40_000, overallMs: 400_000 },
  })
  results = new Map(report.cases.filter(({ on }) => on === 'standIn').map((result) => [result.id, result]))
}, 500_000)

describe('an attack on the gate', () => {
  it('has a name of its own', () => {
    expect(new Set(attackCases.map(({ id }) => id)).size).toBe(attackCases.length)
    expect(new Set(attackCases.map(({ title }) => title)).size).toBe(attackCases.length)
  })

  for (const { id, title, holes } of attackCases) {
    it(`${holes.join(', ')}: ${title}`, () => {
      const result = results.get(id)
      expect([result?.outcome, result?.seen]).toEqual(['held', expect.stringMatching(/\w/)])
    })
  }
})
