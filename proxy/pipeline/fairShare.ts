/** How much of one thing each person holds now, so that nobody can keep all of it from the others. */
export class FairShare {
  readonly #limit: number
  readonly #held = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether so much more may be held; then it is. Who holds nothing may take any amount. */
  take(accountId: string, amount: number): boolean {
    const held = this.#held.get(accountId) ?? 0
    if (held > 0 && held + amount > this.#limit) return false
    this.#held.set(accountId, held + amount)
    return true
  }

  give(accountId: string, amount: number): void {
    const left = (this.#held.get(accountId) ?? 0) - amount
    if (left > 0) this.#held.set(accountId, left)
    else this.#held.delete(accountId)
  }
}
