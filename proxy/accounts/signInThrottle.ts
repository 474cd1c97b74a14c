import type { Clock } from '../core/clock.ts'

/** Pauses after 3, 6 and 9 failures; each further three pause for the longest. */
const steps: readonly { readonly failures: number; readonly pauseMs: number }[] = [
  { failures: 3, pauseMs: 60_000 },
  { failures: 6, pauseMs: 90_000 },
  { failures: 9, pauseMs: 300_000 },
]

const FORGET_AFTER_MS = 30 * 60_000
const MAX_COUNTERS = 20_000

interface Counter {
  failures: number
  pausedUntilMs: number
  /** How many failures led to the pause: taking others back does not lift it. */
  pausedAtFailures: number
  lastFailureMs: number
}

export interface ThrottleState {
  /** 0 when a try is allowed now. */
  readonly waitMs: number
  readonly triesLeft: number
  /** How many failed up to now. */
  readonly failures: number
  /** The pause that follows when the tries are used up. */
  readonly nextPauseMs: number
}

/**
 * Counts failed sign-ins by keys such as an address or a name. A try counts as a failure from its beginning until it
 * succeeds, so that many at once are no way around the limit.
 */
export class SignInThrottle {
  readonly #clock: Clock
  readonly #counters = new Map<string, Counter>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The strictest state over all keys. */
  state(keys: readonly string[]): ThrottleState {
    const states = keys.map((key) => this.#stateOf(key))
    return {
      waitMs: Math.max(0, ...states.map((state) => state.waitMs)),
      triesLeft: Math.min(...states.map((state) => state.triesLeft)),
      failures: Math.max(0, ...states.map((state) => state.failures)),
      nextPauseMs: Math.max(...states.map((state) => state.nextPauseMs)),
    }
  }

  begin(keys: readonly string[]): void {
    for (const key of keys) this.#count(key)
  }

  /** Takes the try back; what is in `clear` is forgotten altogether. */
  succeed(keys: readonly string[], clear: readonly string[]): void {
    for (const key of keys) {
      const counter = this.#counters.get(key)
      if (counter === undefined) continue
      counter.failures -= 1
      if (counter.failures < counter.pausedAtFailures) counter.pausedUntilMs = 0
      if (counter.failures <= 0 || clear.includes(key)) this.#counters.delete(key)
    }
  }

  /** Takes the try back without judging it: it was never carried out. */
  withdraw(keys: readonly string[]): void {
    this.succeed(keys, [])
  }

  #stateOf(key: string): ThrottleState {
    const counter = this.#find(key)
    const failures = counter?.failures ?? 0
    const step = steps.find(({ failures: limit }) => failures < limit) ?? lastStep
    const triesLeft = failures < lastStep.failures ? step.failures - failures : 3 - (failures % 3)
    const waitMs = Math.max(0, (counter?.pausedUntilMs ?? 0) - this.#clock.nowMs())
    return { waitMs, triesLeft, failures, nextPauseMs: step.pauseMs }
  }

  #count(key: string): void {
    const now = this.#clock.nowMs()
    const counter = this.#find(key) ?? { failures: 0, pausedUntilMs: 0, pausedAtFailures: 0, lastFailureMs: now }
    counter.failures += 1
    counter.lastFailureMs = now
    if (counter.failures % 3 === 0) {
      const step = [...steps].reverse().find(({ failures }) => counter.failures >= failures) ?? lastStep
      counter.pausedUntilMs = now + step.pauseMs
      counter.pausedAtFailures = counter.failures
    }
    this.#counters.delete(key)
    this.#counters.set(key, counter)
    this.#bound()
  }

  #find(key: string): Counter | undefined {
    const counter = this.#counters.get(key)
    if (counter === undefined) return undefined
    if (counter.lastFailureMs + FORGET_AFTER_MS > this.#clock.nowMs()) return counter
    this.#counters.delete(key)
    return undefined
  }

  #bound(): void {
    if (this.#counters.size <= MAX_COUNTERS) return
    const oldest = this.#counters.keys().next()
    if (oldest.done !== true) this.#counters.delete(oldest.value)
  }
}

const lastStep = { failures: 9, pauseMs: 300_000 } as const
