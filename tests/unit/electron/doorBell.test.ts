import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DoorBell } from '../../../electron/shell/doorBell.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const open = () => {
  const rings: number[] = []
  let waiting: readonly string[] = []
  const clock = { nowMs: () => Date.now() }
  const bell = new DoorBell({ clock, waiting: () => waiting, ring: () => rings.push(Date.now()) })
  const now = (...ids: string[]) => {
    waiting = ids
    bell.look()
  }
  return { bell, rings, now }
}

describe('the door bell', () => {
  it('rings at once for the first one and not again for the same', () => {
    const { rings, now } = open()
    now('a')
    now('a')
    expect(rings.length).toBe(1)
  })

  it('rings at most every ten seconds, however many come', () => {
    const { rings, now } = open()
    const startMs = Date.now()
    for (let step = 0; step < 100; step += 1) {
      now(`somebody ${step}`)
      vi.advanceTimersByTime(250)
    }
    expect(rings.map((atMs) => atMs - startMs)).toEqual([0, 10_000, 20_000])
  })

  it('does not ring for somebody who has gone by then', () => {
    const { rings, now } = open()
    now('a')
    now('a', 'b')
    now('a')
    vi.advanceTimersByTime(30_000)
    expect(rings.length).toBe(1)
  })

  it('does not ring after it was closed', () => {
    const { bell, rings, now } = open()
    now('a')
    now('a', 'b')
    bell.close()
    vi.advanceTimersByTime(30_000)
    expect(rings.length).toBe(1)
  })
})
