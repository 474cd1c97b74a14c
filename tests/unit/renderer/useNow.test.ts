import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { listenToClock, readClock } from '../../../renderer/components/useNow.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the page’s clock', () => {
  it('keeps one timer for a thousand rows and moves them in one step', () => {
    const seen: number[] = []
    const stops = Array.from({ length: 1000 }, () => listenToClock(30_000, () => seen.push(readClock(30_000))))
    expect(vi.getTimerCount()).toBe(1)

    vi.advanceTimersByTime(30_000)

    expect(new Set(seen)).toEqual(new Set([1_030_000]))
    expect(seen).toHaveLength(1000)
    for (const stop of stops) stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stands still between its steps, and is fresh for whoever listens first again', () => {
    const stop = listenToClock(500, () => undefined)
    vi.advanceTimersByTime(499)
    expect(readClock(500)).toBe(1_000_000)
    stop()
    vi.advanceTimersByTime(60_000)
    const stopAgain = listenToClock(500, () => undefined)
    expect(readClock(500)).toBe(1_060_499)
    stopAgain()
  })
})
