import { GateError } from '../contract/errorCodes.ts'

export interface TurnLimits {
  /** At once, for one person and for all together. */
  readonly perAccount: number
  readonly overall: number
  /** Of one person, that wait for their turn. */
  readonly maxWaiting: number
  readonly waitMs: number
}

interface Waiter {
  readonly start: () => void
  readonly timer: NodeJS.Timeout
}

/** Turns at something that only few may do at once. Who waits is served person after person, each one's in order. */
export class AccountTurns {
  readonly #limits: TurnLimits
  readonly #taken = new Map<string, number>()
  /** In the order in which people are served next. */
  readonly #waiting = new Map<string, Waiter[]>()
  #all = 0

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }

  /**
   * Resolves with what gives the turn back, which may be called more than once. `gone`: nobody waits for it any more.
   * @throws GateError TOO_MANY_CONNECTIONS when too many wait already, or its turn did not come in time
   */
  take(accountId: string, gone?: AbortSignal): Promise<() => void> {
    if (this.#isFree(accountId)) return Promise.resolve(this.#occupy(accountId))
    const line = this.#waiting.get(accountId) ?? []
    if (line.length >= this.#limits.maxWaiting) return Promise.reject(tooMany())
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(waiter.timer)
        gone?.removeEventListener('abort', giveUp)
        this.#leave(accountId, waiter)
      }
      const giveUp = (): void => {
        leave()
        reject(tooMany())
      }
      const waiter: Waiter = {
        start: () => {
          leave()
          resolve(this.#occupy(accountId))
        },
        timer: setTimeout(giveUp, this.#limits.waitMs),
      }
      line.push(waiter)
      this.#waiting.set(accountId, line)
      gone?.addEventListener('abort', giveUp, { once: true })
    })
  }

  #isFree(accountId: string): boolean {
    return this.#all < this.#limits.overall && (this.#taken.get(accountId) ?? 0) < this.#limits.perAccount
  }

  #occupy(accountId: string): () => void {
    this.#all += 1
    this.#taken.set(accountId, (this.#taken.get(accountId) ?? 0) + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      this.#all -= 1
      const left = (this.#taken.get(accountId) ?? 1) - 1
      if (left > 0) this.#taken.set(accountId, left)
      else this.#taken.delete(accountId)
      this.#serve()
    }
  }

  #serve(): void {
    for (const [accountId, line] of [...this.#waiting]) {
      const [next] = line
      if (next === undefined || !this.#isFree(accountId)) continue
      next.start()
      // Behind everybody else who waits.
      if (this.#waiting.delete(accountId) && line.length > 0) this.#waiting.set(accountId, line)
    }
  }

  #leave(accountId: string, waiter: Waiter): void {
    const line = this.#waiting.get(accountId)
    const at = line?.indexOf(waiter) ?? -1
    if (line === undefined || at === -1) return
    line.splice(at, 1)
    if (line.length === 0) this.#waiting.delete(accountId)
  }
}

const tooMany = (): GateError =>
  new GateError('TOO_MANY_CONNECTIONS', 'Too many of your requests that take long are under way.', {
    details: { retryAfterSeconds: 10 },
  })
