import type { Clock } from '../core/clock.ts'

/** Pauses after 3, 6 and 9 failures; each further three pause for the longest. */
const steps: readonly { readonly failures: number; readonly pauseMs: number }[] = [
  { failures: 3, pauseMs: 60_000 },
  { failures: 6, pauseMs: 90_000 },
  { failures: 9, pauseMs: 300_000 },
]

const FORGET_AFTER_MS = 30 * 60_000
const MAX_COUNTERS = 20_000
/** How many people whose passwords were tried are remembered for telling. */
const MAX_TRIED = 5

/** One count as it is kept over a restart. */
export interface KeptCounter {
  readonly key: string
  readonly failures: number
  readonly pausedUntilMs: number
  /** How many failures led to the pause: taking others back does not lift it. */
  readonly pausedAtFailures: number
  readonly lastFailureMs: number
  /** What was used for the last try, in words. */
  readonly device: string
  /** Accounts whose passwords were tried; an empty one for names that nobody has. */
  readonly tried: readonly string[]
}

type Counter = { -readonly [Name in keyof KeptCounter]: KeptCounter[Name] } & { isKept: boolean }

export interface ThrottleState {
  /** 0 when a try is allowed now. */
  readonly waitMs: number
  readonly triesLeft: number
  /** How many failed up to now. */
  readonly failures: number
  /** The pause that follows when the tries are used up. */
  readonly nextPauseMs: number
}

/** What is to be written so that a restart changes nothing. */
export interface ThrottleChanges {
  /** Those that were written before, and so were lifted by somebody else if they are not there any more. */
  readonly changed: readonly KeptCounter[]
  readonly added: readonly KeptCounter[]
  readonly gone: readonly string[]
}

/**
 * Counts failed sign-ins by keys such as an address or a name. A try counts as a failure from its beginning until it
 * succeeds, so that many at once are no way around the limit.
 */
export class SignInThrottle {
  readonly #clock: Clock
  readonly #forgetAfterMs: () => number
  readonly #counters = new Map<string, Counter>()
  readonly #unwritten = new Set<string>()
  readonly #gone = new Set<string>()

  /** `forgetAfterMs`: how long a failure counts after which there was none. */
  constructor(clock: Clock, forgetAfterMs = () => FORGET_AFTER_MS) {
    this.#clock = clock
    this.#forgetAfterMs = forgetAfterMs
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
      if (counter.failures <= 0 || clear.includes(key)) this.lift(key)
      else this.#unwritten.add(key)
    }
  }

  /** Takes the try back without judging it: it was never carried out. */
  withdraw(keys: readonly string[]): void {
    this.succeed(keys, [])
  }

  /** Says of a failure who and what it was about, for those who read the list. An unknown name has no account. */
  note(keys: readonly string[], { accountId = '', device }: { accountId?: string | undefined; device: string }): void {
    for (const key of keys) {
      const counter = this.#counters.get(key)
      if (counter === undefined) continue
      counter.device = device
      counter.tried = [accountId, ...counter.tried.filter((id) => id !== accountId)].slice(0, MAX_TRIED)
      this.#unwritten.add(key)
    }
  }

  /** Every count that is not forgotten. */
  list(): readonly KeptCounter[] {
    return [...this.#counters.keys()].flatMap((key) => this.#find(key) ?? [])
  }

  /** Forgets a count. */
  lift(key: string): void {
    if (this.#counters.get(key)?.isKept === true) this.#gone.add(key)
    this.#counters.delete(key)
    this.#unwritten.delete(key)
  }

  /** What was written before, by this run of the program or the one before. */
  restore(counters: readonly KeptCounter[]): void {
    for (const counter of counters) this.#counters.set(counter.key, { ...counter, isKept: true })
    this.#bound()
  }

  /** What was written, so that whatever of it is gone from the table was lifted by another process. */
  keptKeys(): readonly string[] {
    return [...this.#counters.values()].flatMap(({ key, isKept }) => (isKept ? [key] : []))
  }

  /** Another process lifted these. @returns whether there was any */
  forgetAll(keys: readonly string[]): boolean {
    const lifted = keys.filter((key) => this.#counters.has(key))
    for (const key of lifted) this.#forget(key)
    return lifted.length > 0
  }

  /** At most so many that were not written yet; they count as written. */
  takeChanges(max: number): ThrottleChanges {
    const gone = [...this.#gone].slice(0, max)
    for (const key of gone) this.#gone.delete(key)
    const changed: KeptCounter[] = []
    const added: KeptCounter[] = []
    for (const key of [...this.#unwritten].slice(0, max)) {
      this.#unwritten.delete(key)
      const counter = this.#counters.get(key)
      if (counter === undefined) continue
      const list = counter.isKept ? changed : added
      list.push({ ...counter })
      counter.isKept = true
    }
    return { changed, added, gone }
  }

  /** It could not be written: the next time, then. */
  putBack({ changed, added, gone }: ThrottleChanges): void {
    for (const key of gone) this.#gone.add(key)
    for (const { key } of [...changed, ...added]) if (this.#counters.has(key)) this.#unwritten.add(key)
    for (const { key } of added) {
      const counter = this.#counters.get(key)
      if (counter !== undefined) counter.isKept = false
    }
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
    const counter = this.#find(key) ?? createCounter(key, now, this.#gone.delete(key))
    counter.failures += 1
    counter.lastFailureMs = now
    if (counter.failures % 3 === 0) {
      const step = [...steps].reverse().find(({ failures }) => counter.failures >= failures) ?? lastStep
      counter.pausedUntilMs = now + step.pauseMs
      counter.pausedAtFailures = counter.failures
    }
    this.#counters.delete(key)
    this.#counters.set(key, counter)
    this.#unwritten.add(key)
    this.#bound()
  }

  #find(key: string): Counter | undefined {
    const counter = this.#counters.get(key)
    if (counter === undefined) return undefined
    if (counter.lastFailureMs + this.#forgetAfterMs() > this.#clock.nowMs()) return counter
    this.lift(key)
    return undefined
  }

  /** In memory only: it is not in the table any more. */
  #forget(key: string): void {
    this.#counters.delete(key)
    this.#unwritten.delete(key)
  }

  #bound(): void {
    while (this.#counters.size > MAX_COUNTERS) {
      const oldest = this.#counters.keys().next()
      if (oldest.done === true) return
      this.lift(oldest.value)
    }
  }
}

/** `isKept`: the row of the one before is still there. */
const createCounter = (key: string, now: number, isKept: boolean): Counter => ({
  key,
  failures: 0,
  pausedUntilMs: 0,
  pausedAtFailures: 0,
  lastFailureMs: now,
  device: '',
  tried: [],
  isKept,
})

const lastStep = { failures: 9, pauseMs: 300_000 } as const
