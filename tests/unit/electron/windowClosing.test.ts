import { describe, expect, it } from 'vitest'
import { decideOnClose, peopleInside } from '../../../electron/shell/windowClosing.ts'
import type { ClosingState } from '../../../electron/shell/windowClosing.ts'

const idle: ClosingState = {
  engine: { kind: 'stopped' },
  sharingOn: false,
  keepInTray: true,
  trayExplained: true,
  hasTray: true,
}
const ready = { kind: 'ready', sinceMs: 0, pid: 1, port: 1, engine: 'comfyui', version: '0.3.64' } as const
const backingOff = {
  kind: 'backingOff',
  retryAtMs: 0,
  attempt: 1,
  failure: { code: 'X', message: '', details: '' },
} as const

describe('decideOnClose', () => {
  it('quits when nothing is served', () => {
    expect(decideOnClose(idle)).toEqual({ kind: 'quit' })
  })

  it.each([
    ['sharing is on', { sharingOn: true }],
    ['ComfyUI runs', { engine: ready }],
    ['ComfyUI is about to start again', { engine: backingOff }],
  ])('keeps serving while %s', (_why, changes) => {
    expect(decideOnClose({ ...idle, ...changes })).toEqual({ kind: 'putAway', way: 'hide', explain: false })
  })

  it('says so the first time only', () => {
    expect(decideOnClose({ ...idle, engine: ready, trayExplained: false })).toEqual({
      kind: 'putAway',
      way: 'hide',
      explain: true,
    })
  })

  it('never hides the window where no icon would bring it back', () => {
    const decision = decideOnClose({ ...idle, engine: ready, hasTray: false })
    expect(decision).toEqual({ kind: 'putAway', way: 'minimise', explain: false })
  })

  it('quits when the owner does not want it in the tray', () => {
    expect(decideOnClose({ ...idle, engine: ready, keepInTray: false })).toEqual({ kind: 'quit' })
  })
})

describe('peopleInside', () => {
  const connection = (id: string, name: string, sockets: number) => ({ user: { id, name }, sockets })

  it('names each person with an open socket once, and not the owner', () => {
    const connections = [
      connection('owner', 'Anna', 2),
      connection('mia', 'Mia', 1),
      connection('mia', 'Mia', 1),
      connection('leo', 'Leo', 0),
    ]
    expect(peopleInside(connections, 'owner')).toEqual(['Mia'])
  })
})
