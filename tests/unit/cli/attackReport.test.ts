import { expect, it } from 'vitest'
import { describeReport } from '../../../cli/doctor/attack.ts'
import type { AttackResult, ProtectionReport } from '../../../proxy/contract/protection.ts'

const result = (id: string, outcome: AttackResult['outcome']): AttackResult => ({
  id,
  title: `Attack ${id}`,
  holes: ['A1'],
  on: 'standIn',
  outcome,
  seen: `what ${id} showed`,
})

const report = (cases: readonly AttackResult[]): ProtectionReport => ({
  startedAt: '2026-11-01T12:00:00.000Z',
  tookMs: 60_000,
  version: '1',
  cases: [...cases],
})

it('names what did not hold again at the end, behind the sum', () => {
  const held = Array.from({ length: 90 }, (_, at) => result(`h${at}`, 'held'))
  const words = describeReport(report([result('b1', 'broken'), ...held, result('b2', 'broken')]))

  const [, end = ''] = words.split('90 attacks held, 2 did not')
  expect(end).toContain('BROKEN  Attack b1 (A1)\n          what b1 showed')
  expect(end).toContain('BROKEN  Attack b2 (A1)\n          what b2 showed')
  expect(end).not.toContain('Attack h1 ')
  expect(end.trimEnd().split('\n').pop()).toMatch(/^Switch sharing off/)
})

it('ends with the sum when everything held', () => {
  expect(describeReport(report([result('h', 'held')]))).toMatch(/1 attacks held, 0 did not, 0 were not tried\.$/)
})
