import { describe, expect, it } from 'vitest'
import { decideRestart, defaultRestartRules, freshRestartHistory } from '../../../launcher/restartPolicy.ts'
import type { RunEnd } from '../../../launcher/restartPolicy.ts'

const crash: RunEnd = { kind: 'crashed', isWorthARetry: true, readyForMs: 1_000 }
const inside: RunEnd = { kind: 'restartedInside', readyForMs: 1_000 }
const minute = 60_000

/** The decisions for ends at the given times. */
function decide(ends: readonly (readonly [number, RunEnd])[]) {
  let history = freshRestartHistory
  return ends.map(([atMs, end]) => {
    const decided = decideRestart(history, end, atMs)
    history = decided.history
    return decided.decision
  })
}

const crashes = (count: number): [number, RunEnd][] =>
  Array.from({ length: count }, (_, index) => [index * 1_000, crash])

describe('the restart policy', () => {
  it('waits longer after each crash', () => {
    expect(decide(crashes(5))).toEqual([
      { kind: 'retry', delayMs: 1_000, attempt: 2 },
      { kind: 'retry', delayMs: 2_000, attempt: 3 },
      { kind: 'retry', delayMs: 5_000, attempt: 4 },
      { kind: 'retry', delayMs: 10_000, attempt: 5 },
      { kind: 'retry', delayMs: 30_000, attempt: 6 },
    ])
  })

  it('gives up when the budget is used up', () => {
    expect(decide(crashes(6)).at(-1)).toEqual({ kind: 'giveUp' })
  })

  it('does not count six crashes of one person’s jobs, but an engine that has nothing else', () => {
    const ofAJob: RunEnd = { ...crash, isExplained: true }
    const six = Array.from({ length: 6 }, (_, index): [number, RunEnd] => [index * 1_000, ofAJob])
    expect(decide(six).map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'retry'))
    expect(decide([...six, ...crashes(5)]).at(-1)).toMatchObject({ kind: 'retry' })
    const many = Array.from({ length: 26 }, (_, index): [number, RunEnd] => [index * 1_000, ofAJob])
    expect(decide(many).at(-1)).toEqual({ kind: 'giveUp' })
  })

  it('does not count what lies further back than the window', () => {
    const later: [number, RunEnd] = [defaultRestartRules.windowMs + 5_000, crash]
    expect(decide([...crashes(5), later]).at(-1)).toEqual({ kind: 'retry', delayMs: 30_000, attempt: 7 })
  })

  it('forgets earlier crashes after a long healthy time', () => {
    const healthy: RunEnd = { ...crash, readyForMs: 10 * minute }
    expect(decide([...crashes(4), [11 * minute, healthy]]).at(-1)).toEqual({
      kind: 'retry',
      delayMs: 1_000,
      attempt: 2,
    })
  })

  it('does not try again where that would fail in the same way', () => {
    expect(decide([[0, { ...crash, isWorthARetry: false }]])).toEqual([{ kind: 'giveUp' }])
  })

  it('takes a restart from inside for no crash', () => {
    const decisions = decide([
      [0, crash],
      [1, inside],
      [2, crash],
    ])
    expect(decisions).toEqual([
      { kind: 'retry', delayMs: 1_000, attempt: 2 },
      { kind: 'retry', delayMs: 0, attempt: 2 },
      { kind: 'retry', delayMs: 2_000, attempt: 3 },
    ])
  })

  it('gives up on an engine that restarts itself without end', () => {
    const ends = Array.from({ length: 20 }, (_, index): [number, RunEnd] => [index * 100, inside])
    const decisions = decide(ends)
    expect(decisions[4]).toMatchObject({ kind: 'retry', delayMs: 0 })
    expect(decisions[5]).toMatchObject({ kind: 'retry', delayMs: 1_000 })
    expect(decisions[10]).toEqual({ kind: 'giveUp' })
  })
})
