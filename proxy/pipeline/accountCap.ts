/** The most of one thing that one person has at a time, so that nobody can keep all of it from the others. */
export class AccountCap {
  readonly #limit: number
  readonly #taken = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether so much more may be taken; then it is. Who has nothing may take any amount. */
  take(accountId: string, amount: number): boolean {
    const taken = this.#taken.get(accountId) ?? 0
    if (taken > 0 && taken + amount > this.#limit) return false
    this.#taken.set(accountId, taken + amount)
    return true
  }

  give(accountId: string, amount: number): void {
    const left = (this.#taken.get(accountId) ?? 0) - amount
    if (left > 0) this.#taken.set(accountId, left)
    else this.#taken.delete(accountId)
  }
}
