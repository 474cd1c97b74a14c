import { describe, expect, it } from 'vitest'
import { shouldStayAwake, Wakefulness } from '../../../electron/shell/wakefulness.ts'
import type { WakeState } from '../../../electron/shell/wakefulness.ts'

describe('the computer stays awake', () => {
  it.each([
    ['never', true, true, false],
    ['working', true, false, false],
    ['working', false, true, true],
    ['sharing', true, false, true],
    ['sharing', false, true, true],
    ['sharing', false, false, false],
  ] as const)('%s, shared %s, working %s: %s', (keepAwake, isShared, isWorking, expected) => {
    expect(shouldStayAwake({ keepAwake, isShared, isWorking })).toBe(expected)
  })

  it('is held once, released once, and held again', () => {
    let state: WakeState = { keepAwake: 'working', isShared: false, isWorking: true }
    const told: string[] = []
    const hold = () => {
      told.push('hold')
      return () => void told.push('release')
    }
    const wakefulness = new Wakefulness({ state: () => state, hold })

    wakefulness.look()
    wakefulness.look()
    expect(told).toEqual(['hold'])
    state = { ...state, isWorking: false }
    wakefulness.look()
    wakefulness.look()
    expect(told).toEqual(['hold', 'release'])
    state = { ...state, isWorking: true }
    wakefulness.look()
    wakefulness.close()
    wakefulness.close()
    expect(told).toEqual(['hold', 'release', 'hold', 'release'])
  })
})
