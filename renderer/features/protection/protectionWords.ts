import { countOutcomes } from '../../../proxy/contract/protection.ts'
import type {
  AttackOutcome,
  AttackResult,
  ProtectionReport,
  ProtectionState,
} from '../../../proxy/contract/protection.ts'

export const outcomeWords: Readonly<Record<AttackOutcome, string>> = {
  held: 'Held',
  broken: 'Did not hold',
  notRun: 'Not tried',
}

/** One sentence about a report, and how it is meant. */
export function describeReport(report: ProtectionReport): {
  readonly tone: 'good' | 'problem'
  readonly words: string
} {
  const { held, broken } = countOutcomes(report.cases)
  if (broken === 0) return { tone: 'good', words: `All ${held} attacks that were tried were refused.` }
  const did = broken === 1 ? '1 attack was not refused' : `${broken} attacks were not refused`
  return {
    tone: 'problem',
    words: `${did}. Switch sharing off until this is mended, and look for a newer Gatehouse.`,
  }
}

/** Why the gate that people use was not asked; undefined: it was. */
export function describeLeftOut({ cases }: ProtectionReport): string | undefined {
  const live = cases.filter(({ on }) => on === 'running')
  const [first] = live
  const isLeftOut = first !== undefined && live.every(({ outcome }) => outcome === 'notRun')
  return isLeftOut ? `Only a copy was attacked, not the gate that people use: ${first.seen}` : undefined
}

/** What is worth reading first stands first. */
export const inOrder = (cases: readonly AttackResult[]): readonly AttackResult[] =>
  (['broken', 'notRun', 'held'] as const).flatMap((wanted) => cases.filter(({ outcome }) => outcome === wanted))

export const describeProgress = ({ running }: Pick<ProtectionState, 'running'>): string =>
  running === null || running.total === 0 ? 'Putting up a copy to attack…' : `${running.done} of ${running.total}`
