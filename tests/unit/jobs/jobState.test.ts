import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFinal, isUpstream, MAX_ATTEMPTS, nextStatus } from '../../../proxy/jobs/jobState.ts'
import type { JobEvent, JobState, JobStatus } from '../../../proxy/jobs/jobState.ts'

const states = ['waiting', 'held', 'sent', 'running', 'ended', 'succeeded', 'failed', 'cancelled'] as const
const events: Record<string, JobEvent> = {
  hold: { kind: 'hold', because: 'person' },
  release: { kind: 'release' },
  send: { kind: 'send' },
  takeBack: { kind: 'takeBack' },
  start: { kind: 'start' },
  runAgain: { kind: 'runAgain' },
  settle: { kind: 'settle', outcome: 'succeeded' },
  finish: { kind: 'finish', outcome: 'failed' },
  engineGone: { kind: 'engineGone', isItsFault: false },
  fault: { kind: 'engineGone', isItsFault: true },
  cancel: { kind: 'cancel' },
}

const status = (state: JobState, more: Partial<JobStatus> = {}): JobStatus => ({
  state,
  heldBecause: state === 'held' ? 'person' : null,
  attempts: 0,
  outcome: state === 'ended' ? 'succeeded' : null,
  ...more,
})

/** Everything that is not in here does not happen. */
const table: Readonly<Record<string, Partial<Record<JobState, JobState>>>> = {
  hold: { waiting: 'held' },
  release: { held: 'waiting' },
  send: { waiting: 'sent' },
  takeBack: { sent: 'waiting' },
  start: { sent: 'running', waiting: 'running' },
  runAgain: { running: 'waiting' },
  settle: { sent: 'ended', running: 'ended' },
  finish: { sent: 'failed', running: 'failed', ended: 'failed' },
  engineGone: { sent: 'waiting', running: 'waiting', ended: 'succeeded' },
  fault: { sent: 'waiting', running: 'failed', ended: 'succeeded' },
  cancel: { waiting: 'cancelled', held: 'cancelled', sent: 'cancelled' },
}

describe('the states of a job', () => {
  it.each(Object.keys(events).flatMap((event) => states.map((state) => [event, state] as const)))(
    '%s of a job that is %s is decided as the table says',
    (name, state) => {
      const event = events[name]
      if (event === undefined) throw new Error('no event')
      expect(nextStatus(status(state), event)?.state).toBe(table[name]?.[state])
    },
  )

  it('runs a job once more when the engine went away under it, and not a third time', () => {
    let current = status('running')
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      const back = nextStatus(current, { kind: 'engineGone', isItsFault: false })
      expect(back).toMatchObject({ state: 'waiting', attempts: attempt })
      current = { ...status('running'), attempts: attempt }
    }
    expect(nextStatus(current, { kind: 'engineGone', isItsFault: false })).toMatchObject({ state: 'failed' })
  })

  it('never releases a job whose secrets are gone', () => {
    expect(nextStatus(status('held', { heldBecause: 'token' }), { kind: 'release' })).toBeUndefined()
  })

  it('ends every job at most once, and never runs one again whose end was seen', () => {
    const steps = fc.array(fc.constantFrom(...Object.values(events)), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (sequence) => {
        let current = status('waiting')
        let ends = 0
        let runs = 0
        let ended = false
        for (const event of sequence) {
          const next = nextStatus(current, event)
          if (next === undefined) continue
          if (ended) expect(['running', 'waiting', 'sent', 'held']).not.toContain(next.state)
          if (next.state === 'ended') ended = true
          if (next.state === 'running') runs += 1
          if (isFinal(next.state)) ends += 1
          expect(isFinal(next.state) && isUpstream(next.state)).toBe(false)
          current = next
        }
        expect(ends).toBeLessThanOrEqual(1)
        expect(runs).toBeLessThanOrEqual(MAX_ATTEMPTS)
      }),
    )
  })
})
