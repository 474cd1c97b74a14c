import { useCallback, useSyncExternalStore } from 'react'

interface PageClock {
  nowMs: number
  timer: ReturnType<typeof setInterval> | undefined
  readonly listeners: Set<() => void>
}

/** One timer per rhythm for the whole page: a table of a thousand times moves in one step. */
const clocks = new Map<number, PageClock>()

function clockOf(everyMs: number): PageClock {
  const existing = clocks.get(everyMs)
  if (existing !== undefined) return existing
  const created: PageClock = { nowMs: Date.now(), timer: undefined, listeners: new Set() }
  clocks.set(everyMs, created)
  return created
}

/** Calls `listener` every `everyMs`; returns how to stop. The time is fresh from the first listener on. */
export function listenToClock(everyMs: number, listener: () => void): () => void {
  const clock = clockOf(everyMs)
  clock.listeners.add(listener)
  if (clock.timer === undefined) {
    clock.nowMs = Date.now()
    clock.timer = setInterval(() => {
      clock.nowMs = Date.now()
      for (const tell of clock.listeners) tell()
    }, everyMs)
  }
  return () => {
    clock.listeners.delete(listener)
    if (clock.listeners.size > 0) return
    clearInterval(clock.timer)
    clock.timer = undefined
  }
}

export const readClock = (everyMs: number): number => clockOf(everyMs).nowMs

const neverTell = () => () => undefined

/** The time in milliseconds, again every `everyMs` while `active`. */
export function useNow(everyMs: number, active = true): number {
  const subscribe = useCallback((listener: () => void) => listenToClock(everyMs, listener), [everyMs])
  return useSyncExternalStore(active ? subscribe : neverTell, () => readClock(everyMs))
}
