import type { ServerResponse } from 'node:http'
import type { Clock } from '../core/clock.ts'
import { AccountTurns } from './accountTurns.ts'
import type { TurnLimits } from './accountTurns.ts'

/** ComfyUI does these in the thread that answers everybody: each stalls it for up to seconds. */
export const heavyLimits: TurnLimits = { perAccount: 2, overall: 4, maxWaiting: 256, waitMs: 30_000 }
/** ComfyUI goes on with what was begun for a client that has left. */
const ABANDONED_MS = 3_000
/** Longer than it takes to find out that the engine hangs (launcher/healthWatch.ts). */
const REMEMBERED_MS = 180_000

interface Begun {
  readonly accountId: string
  /** undefined: it is under way. */
  abandonedAtMs: number | undefined
}

export interface HeavyRequest {
  /** The engine is done with it; what is left is sending. */
  answered(): void
  /** Nobody waits for it any more. */
  end(): void
}

/** Requests that keep the engine from answering: few at once, and known when it hangs. */
export class HeavyRequests {
  readonly #turns: AccountTurns
  readonly #clock: Clock
  readonly #unanswered = new Set<Begun>()

  constructor(clock: Clock, limits: TurnLimits = heavyLimits) {
    this.#clock = clock
    this.#turns = new AccountTurns(limits)
  }

  /** Waits for its turn. @throws GateError TOO_MANY_CONNECTIONS */
  async begin(accountId: string, response: ServerResponse): Promise<HeavyRequest> {
    const gone = new AbortController()
    const onClose = (): void => gone.abort()
    response.once('close', onClose)
    try {
      const give = await this.#turns.take(accountId, gone.signal)
      return this.#start(accountId, give)
    } finally {
      response.off('close', onClose)
    }
  }

  /** The same for what the gate itself asks for somebody. @throws GateError TOO_MANY_CONNECTIONS */
  async beginOwn(accountId: string): Promise<HeavyRequest> {
    return this.#start(accountId, await this.#turns.take(accountId))
  }

  /** Whether somebody else's was without an answer lately: then a job need not be what hung the engine. */
  isUnansweredBesides(accountId: string): boolean {
    const sinceMs = this.#clock.nowMs() - REMEMBERED_MS
    for (const begun of [...this.#unanswered]) {
      if ((begun.abandonedAtMs ?? Infinity) < sinceMs) this.#unanswered.delete(begun)
    }
    return [...this.#unanswered].some((begun) => begun.accountId !== accountId)
  }

  #start(accountId: string, give: () => void): HeavyRequest {
    const begun: Begun = { accountId, abandonedAtMs: undefined }
    this.#unanswered.add(begun)
    return {
      answered: () => {
        this.#unanswered.delete(begun)
        give()
      },
      end: () => {
        if (!this.#unanswered.has(begun)) return
        begun.abandonedAtMs ??= this.#clock.nowMs()
        setTimeout(give, ABANDONED_MS).unref()
      },
    }
  }
}
