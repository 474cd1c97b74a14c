import { GateError } from '../contract/errorCodes.ts'

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
 * known, and lets each of them wait for one of its tries.
 */
export class HashLane {
  readonly #width: number
  readonly #maxWaiting: number
  readonly #lines: Readonly<Record<HashLine, Waiting[]>> = { known: [], strangers: [] }
  #last: HashLine = 'strangers'
  #running = 0

  constructor({ width, maxWaiting }: HashLaneOptions) {
    this.#width = width
    this.#maxWaiting = maxWaiting
  }

  /** @throws GateError RATE_LIMITED when too many of this line, or of this one, wait already */
  async run<Result>(work: () => Promise<Result>, turn: HashTurn = { line: 'known' }): Promise<Result> {
    if (this.#running >= this.#width) await this.#waitForTurn(turn)
    else {
      this.#running += 1
      this.#last = turn.line
    }
    try {
      return await work()
    } finally {
      this.#passOn()
    }
  }

  #passOn(): void {
    const other: HashLine = this.#last === 'known' ? 'strangers' : 'known'
    const line = this.#lines[other].length > 0 ? other : this.#last
    const next = this.#lines[line].shift()
    if (next === undefined) {
      this.#running -= 1
      return
    }
    this.#last = line
    next.go()
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
    return new Promise((go) => waiting.push({ of, go }))
  }
}
