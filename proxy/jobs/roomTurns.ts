import type { JobLedger } from './jobLedger.ts'
import { isUpstream } from './jobState.ts'
import type { RoomCheck, RoomHold } from './roomCheck.ts'

/**
 * Who may not begin a job now, as far as it was found out when one was to be handed over. Nothing of it is written: it
 * holds until somebody looks again.
 */
export class RoomTurns {
  readonly #room: RoomCheck
  readonly #ledger: JobLedger
  readonly #holds = new Map<string, RoomHold>()
  /** Found without room since the last `beginRound`. */
  readonly #refused = new Set<string>()
  #isStopped = false

  constructor(room: RoomCheck, ledger: JobLedger) {
    this.#room = room
    this.#ledger = ledger
  }

  /** Everybody is asked about anew. */
  beginRound(): void {
    this.#refused.clear()
    for (const accountId of this.#holds.keys()) {
      if (this.#ledger.ofAccount(accountId).length === 0) this.#holds.delete(accountId)
    }
  }

  holdOf(accountId: string): RoomHold | undefined {
    return this.#holds.get(accountId)
  }

  wasRefused(accountId: string): boolean {
    return this.#refused.has(accountId)
  }

  /** Whether anybody's job may begin. */
  async isOpen(): Promise<boolean> {
    const isStopped = (await this.#room.findStop()) !== undefined
    if (isStopped !== this.#isStopped) {
      this.#isStopped = isStopped
      this.#ledger.tellEverybody()
    }
    return !isStopped
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Whether this person's next job may begin. */
  async admits(accountId: string): Promise<boolean> {
    const underWay = this.#ledger.ofAccount(accountId).filter(({ status }) => isUpstream(status.state)).length
    const hold = await this.#room.findHold(accountId, underWay)
    const before = this.#holds.get(accountId)
    if (hold === undefined) this.#holds.delete(accountId)
    else {
      this.#holds.set(accountId, hold)
      this.#refused.add(accountId)
    }
    if (hold !== before) this.#ledger.tell(accountId)
    return hold === undefined
  }
}
