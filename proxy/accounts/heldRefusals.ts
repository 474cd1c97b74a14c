import { GateError } from '../contract/errorCodes.ts'

/** Resolves after so many milliseconds. Tests hand in one that they end themselves. */
export type Wait = (ms: number) => Promise<void>

export const systemWait: Wait = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

/** As many as an address has connections; what is more was sent ahead, or over connections that were given up. */
const MAX_OF_ADDRESS = 256
const MAX_IN_ALL = 1024
const LONGEST_MS = 1000

/**
 * A refusal that is held back for a moment, so that whoever tries again and again gets one answer a second for each
 * connection and not thousands. What is held costs a connection and a timer, and only so many are.
 */
export class HeldRefusals {
  readonly #wait: Wait
  readonly #ofAddress = new Map<string, number>()
  #inAll = 0

  constructor(wait: Wait) {
    this.#wait = wait
  }

  /** Waits at most a second. @throws GateError TOO_MANY_CONNECTIONS when too many wait already */
  async hold(address: string, ms: number): Promise<void> {
    const held = this.#ofAddress.get(address) ?? 0
    if (held >= MAX_OF_ADDRESS || this.#inAll >= MAX_IN_ALL) {
      throw new GateError('TOO_MANY_CONNECTIONS', 'Too many tries at once. Wait for the first ones to be answered.')
    }
    this.#ofAddress.set(address, held + 1)
    this.#inAll += 1
    await this.#wait(Math.min(ms, LONGEST_MS))
    this.#inAll -= 1
    const left = (this.#ofAddress.get(address) ?? 1) - 1
    if (left === 0) this.#ofAddress.delete(address)
    else this.#ofAddress.set(address, left)
  }
}
