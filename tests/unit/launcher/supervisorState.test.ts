import { describe, expect, it } from 'vitest'
import { nextState } from '../../../launcher/supervisorState.ts'
import type { SupervisorEvent, SupervisorState } from '../../../launcher/supervisorState.ts'

const failure = { code: 'EXITED', message: 'It ended.', details: '' } as const
const proved = { pid: 7, port: 8, bootId: 'b', engine: 'comfyui', version: '0.3.64' } as const
const states: Record<SupervisorState['kind'], SupervisorState> = {
  stopped: { kind: 'stopped' },
  starting: { kind: 'starting', sinceMs: 1, attempt: 1, progress: { fraction: 0.5, text: 'Half' } },
  ready: { kind: 'ready', sinceMs: 2, ...proved },
  stopping: { kind: 'stopping', sinceMs: 3 },
  backingOff: { kind: 'backingOff', retryAtMs: 4, attempt: 2, failure },
  failed: { kind: 'failed', failure },
}
const events: Record<SupervisorEvent['kind'], SupervisorEvent> = {
  startRequested: { kind: 'startRequested', attempt: 3 },
  progressed: { kind: 'progressed', progress: { fraction: 0.7, text: 'More' } },
  proved: { kind: 'proved', ...proved },
  stopRequested: { kind: 'stopRequested' },
  treeGone: { kind: 'treeGone' },
  retryPlanned: { kind: 'retryPlanned', retryAtMs: 9, attempt: 2, failure },
  gaveUp: { kind: 'gaveUp', failure },
}

// One row a state; a dash is "stays the very same".
const table: Record<SupervisorState['kind'], Record<SupervisorEvent['kind'], SupervisorState['kind'] | '-'>> = {
  stopped: {
    startRequested: 'starting',
    progressed: '-',
    proved: '-',
    stopRequested: '-',
    treeGone: '-',
    retryPlanned: '-',
    gaveUp: '-',
  },
  starting: {
    startRequested: 'starting',
    progressed: 'starting',
    proved: 'ready',
    stopRequested: 'stopping',
    treeGone: '-',
    retryPlanned: 'backingOff',
    gaveUp: 'failed',
  },
  ready: {
    startRequested: 'starting',
    progressed: '-',
    proved: '-',
    stopRequested: 'stopping',
    treeGone: '-',
    retryPlanned: 'backingOff',
    gaveUp: 'failed',
  },
  stopping: {
    startRequested: '-',
    progressed: '-',
    proved: '-',
    stopRequested: '-',
    treeGone: 'stopped',
    retryPlanned: '-',
    gaveUp: 'failed',
  },
  backingOff: {
    startRequested: 'starting',
    progressed: '-',
    proved: '-',
    stopRequested: 'stopping',
    treeGone: '-',
    retryPlanned: '-',
    gaveUp: '-',
  },
  failed: {
    startRequested: 'starting',
    progressed: '-',
    proved: '-',
    stopRequested: 'stopping',
    treeGone: '-',
    retryPlanned: '-',
    gaveUp: '-',
  },
}

describe('the supervisor state', () => {
  const rows = Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).map(([event, expected]) => [state, event, expected] as const),
  )
  it.each(rows)('%s on %s: %s', (state, event, expected) => {
    const before = states[state as SupervisorState['kind']]
    const after = nextState(before, events[event as SupervisorEvent['kind']], 100)
    if (expected === '-') expect(after).toBe(before)
    else expect(after.kind).toBe(expected)
  })

  it('carries the facts of the event', () => {
    expect(nextState(states.starting, events.proved, 100)).toEqual({ kind: 'ready', sinceMs: 100, ...proved })
    expect(nextState(states.ready, events.retryPlanned, 100)).toEqual({
      kind: 'backingOff',
      retryAtMs: 9,
      attempt: 2,
      failure,
    })
    expect(nextState(states.failed, events.startRequested, 100)).toMatchObject({
      attempt: 3,
      progress: { fraction: 0 },
    })
  })

  it('never lets progress go back', () => {
    const event = { kind: 'progressed', progress: { fraction: 0.1, text: 'Late line' } } as const
    expect(nextState(states.starting, event, 100)).toMatchObject({ progress: { fraction: 0.5, text: 'Late line' } })
  })
})
