import { GateError } from '../contract/errorCodes.ts'
import { knockMs, maxKnocks } from '../contract/knocks.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { createSecretToken } from '../core/secretToken.ts'
import { sha256Hex } from '../core/sha256.ts'
import { describeDevice } from './deviceName.ts'
import { FewTries, toSource } from './fewTries.ts'
import type { ActedBy } from './actedBy.ts'
import { createKnockWords } from './knockWords.ts'

/** One who knocked. What comes after `waiting` is kept only so that their browser hears of it. */
export interface Knock {
  readonly id: string
  readonly secretHash: string
  /** As typed, cleaned. */
  readonly name: string
  readonly device: string
  readonly address: string
  readonly source: string
  readonly secure: boolean
  readonly askedAtMs: number
  readonly words: string
  readonly choices: readonly string[]
  endsAtMs: number
  state:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'granted'; readonly as: 'user' | 'guest'; readonly by: ActedBy }
    | {
        readonly kind: 'letIn'
        readonly accountId: string
        /** What was opened for their browser, and until when it may ask for it again. */
        readonly sessionId: string
        readonly againUntilMs: number
        mayChoosePassword: boolean
      }
    | { readonly kind: 'refused' }
}

export interface KnockRequest {
  readonly name: string
  readonly clientAddress: string
  readonly secure: boolean
  /** The client's User-Agent, kept only in words. */
  readonly userAgent: string | undefined
}

/** Somebody who is sent away three times while people may knock has had their answer. */
const ASKING = { tries: 3, perMs: 10 * 60_000 }
/** Waiting ones and those who were answered in the last minutes. */
const MAX_KEPT = 50

/** Who stands at the door, in memory only: one for each address, five in all, each for two minutes. */
export class DoorBook {
  readonly #clock: Clock
  readonly #random: Random
  readonly #knocks = new Map<string, Knock>()
  #asking: FewTries

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
    this.#asking = new FewTries(clock, ASKING)
  }

  /** Those who wait, oldest first. */
  waiting(): Knock[] {
    this.#sweep()
    return [...this.#knocks.values()].filter(({ state }) => state.kind === 'waiting')
  }

  /** When the first of all kept is over; undefined when there is none. */
  nextEndMs(): number | undefined {
    const ends = [...this.#knocks.values()].map(({ endsAtMs }) => endsAtMs)
    return ends.length === 0 ? undefined : Math.min(...ends)
  }

  /** @throws GateError RATE_LIMITED, QUOTA_EXCEEDED in words, with `retryAfterSeconds` */
  add({ name, clientAddress, secure, userAgent }: KnockRequest): { secret: string; knock: Knock } {
    const source = toSource(clientAddress)
    const waiting = this.waiting()
    this.#asking.refuseSpent(source)
    const own = waiting.find((knock) => knock.source === source)
    if (own !== undefined)
      this.#refuseUntil(own, 'RATE_LIMITED', 'Somebody from your device or network is asking already.')
    const [oldest] = waiting
    if (waiting.length >= maxKnocks && oldest !== undefined) {
      this.#refuseUntil(oldest, 'QUOTA_EXCEEDED', 'Several people are at the door already.')
    }
    this.#asking.count(source)
    const secret = createSecretToken(this.#random)
    const { shown, choices } = createKnockWords(
      this.#random,
      waiting.flatMap((knock) => knock.choices),
    )
    const now = this.#clock.nowMs()
    const knock: Knock = {
      id: this.#random.id(16),
      secretHash: sha256Hex(secret),
      name,
      device: describeDevice(userAgent),
      address: clientAddress,
      source,
      secure,
      askedAtMs: now,
      endsAtMs: now + knockMs,
      words: shown,
      choices,
      state: { kind: 'waiting' },
    }
    this.#knocks.set(knock.secretHash, knock)
    this.#bound()
    return { secret, knock }
  }

  findWaiting(id: string): Knock | undefined {
    return this.waiting().find((knock) => knock.id === id)
  }

  /**
   * Whose browser it is. A stolen secret: it counts only from the address and over the scheme that knocked.
   */
  findBySecret(secret: string, clientAddress: string, secure: boolean): Knock | undefined {
    this.#sweep()
    const knock = this.#knocks.get(sha256Hex(secret))
    const isTheirs = knock !== undefined && knock.source === toSource(clientAddress) && knock.secure === secure
    return isTheirs ? knock : undefined
  }

  /** Forgets one who no longer wants to come in. That they asked still counts: going away is no way to ask for ever. */
  withdraw({ secretHash }: Knock): void {
    this.#knocks.delete(secretHash)
  }

  /** Refuses all who wait; none of them may ask again while the door stays open. @returns how many they were */
  sendAllAway(): number {
    const waiting = this.waiting()
    for (const knock of waiting) {
      knock.state = { kind: 'refused' }
      knock.endsAtMs = this.#clock.nowMs() + knockMs
      for (let tries = 0; tries < ASKING.tries; tries += 1) this.#asking.count(knock.source)
    }
    return waiting.length
  }

  /** Sends away all who wait and forgets who asked how often. */
  clear(): void {
    for (const knock of this.waiting()) this.#knocks.delete(knock.secretHash)
    this.#asking = new FewTries(this.#clock, ASKING)
  }

  #refuseUntil(knock: Knock, code: 'RATE_LIMITED' | 'QUOTA_EXCEEDED', sentence: string): never {
    const retryAfterSeconds = Math.max(1, Math.ceil((knock.endsAtMs - this.#clock.nowMs()) / 1000))
    throw new GateError(code, `${sentence} Try again in ${retryAfterSeconds} seconds.`, {
      details: { retryAfterSeconds },
    })
  }

  #sweep(): void {
    const now = this.#clock.nowMs()
    for (const [hash, { endsAtMs }] of this.#knocks) if (endsAtMs <= now) this.#knocks.delete(hash)
  }

  #bound(): void {
    for (const [hash, { state }] of this.#knocks) {
      if (this.#knocks.size <= MAX_KEPT) return
      if (state.kind !== 'waiting') this.#knocks.delete(hash)
    }
  }
}
