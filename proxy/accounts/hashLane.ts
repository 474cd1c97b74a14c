import { GateError } from '../contract/errorCodes.ts'
import { RestBudget } from './restBudget.ts'
import type { RestOptions } from './restBudget.ts'

/** Whose turn it is: of somebody the gate knows already, or of anybody who knocks at the address. */
export type HashLine = 'known' | 'strangers'

export interface HashTurn {
  readonly line: HashLine
  /** Who asks: of one, only a few wait. Left out: of everybody together, as many as the line has places. */
  readonly of?: string
}

export interface HashLaneOptions {
  /** How many at once. */
  readonly width: number
  /** How many wait in each line. */
  readonly maxWaiting: number
  /** Left out: strangers work as long as they come. */
  readonly strangersRest?: RestOptions
}

interface Waiting {
  readonly of: string | undefined
  readonly go: () => void
}

/** One person's clicks on several devices; more is somebody who fills the line. */
const MAX_WAITING_OF_ONE = 4

/**
 * A few at once, a bounded number waiting: memory and the thread pool are not an attacker's to fill. Strangers wait in a
 * line of their own, and turns alternate between the lines: a flood of wrong passwords takes no place of people who are
 * known, and lets each of them wait for one of its tries. Where strangers must rest, a flood leaves the processor to
 * others for that part of the time.
 */
export class HashLane {
  readonly #width: number
  readonly #maxWaiting: number
  readonly #budget: RestBudget | undefined
  readonly #lines: Readonly<Record<HashLine, Waiting[]>> = { known: [], strangers: [] }
  #last: HashLine = 'strangers'
  #running = 0
  #isRestTimed = false

  constructor({ width, maxWaiting, strangersRest }: HashLaneOptions) {
    this.#width = width
    this.#maxWaiting = maxWaiting
    this.#budget = strangersRest === undefined ? undefined : new RestBudget(strangersRest)
  }

  /** @throws GateError RATE_LIMITED when too many of this line, or of this one, wait already */
  async run<Result>(work: () => Promise<Result>, turn: HashTurn = { line: 'known' }): Promise<Result> {
    if (this.#running < this.#width && this.#lines[turn.line].length === 0 && this.#mayBegin(turn.line)) {
      this.#begin(turn.line)
    } else await this.#waitForTurn(turn)
    const beganAt = performance.now()
    try {
      return await work()
    } finally {
      if (turn.line === 'strangers') this.#budget?.spend((performance.now() - beganAt) / this.#width)
      this.#running -= 1
      this.#passOn()
    }
  }

  #mayBegin(line: HashLine): boolean {
    return line === 'known' || this.#restMs() === 0
  }

  #restMs(): number {
    return this.#budget?.restMs() ?? 0
  }

  #begin(line: HashLine): void {
    this.#running += 1
    this.#last = line
  }

  #passOn(): void {
    if (this.#running >= this.#width) return
    const other: HashLine = this.#last === 'known' ? 'strangers' : 'known'
    const line = [other, this.#last].find((one) => this.#lines[one].length > 0 && this.#mayBegin(one))
    const next = line === undefined ? undefined : this.#lines[line].shift()
    if (line === undefined || next === undefined) {
      this.#goOnAfterRest()
      return
    }
    this.#begin(line)
    next.go()
  }

  /** Nobody else wakes strangers who rest while nothing runs. */
  #goOnAfterRest(): void {
    if (this.#isRestTimed || this.#lines.strangers.length === 0) return
    this.#isRestTimed = true
    const timer = setTimeout(() => {
      this.#isRestTimed = false
      this.#passOn()
    }, this.#restMs())
    timer.unref()
  }

  #waitForTurn({ line, of }: HashTurn): Promise<void> {
    const waiting = this.#lines[line]
    const own = of === undefined ? 0 : waiting.filter((one) => one.of === of).length
    if (waiting.length >= this.#maxWaiting || own >= MAX_WAITING_OF_ONE) {
      throw new GateError(
        'RATE_LIMITED',
        'Too many people are signing in at this moment. Try again in a few seconds.',
        { details: { retryAfterSeconds: 5 } },
      )
    }
    return new Promise((go) => {
      waiting.push({ of, go })
      this.#passOn()
    })
  }
}
