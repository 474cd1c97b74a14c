/** Runs one thing after the other, so that what one found out still holds when it acts upon it. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  run<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(action)
    this.#last = result.catch(() => undefined) // whoever asked for it hears of it
    return result
  }

  /** Resolves when what is under way now is done, or after that time. */
  async quiet(deadlineMs: number): Promise<void> {
    let late: NodeJS.Timeout | undefined
    await Promise.race([this.#last, new Promise((resolve) => (late = setTimeout(resolve, deadlineMs)))])
    clearTimeout(late)
  }
}
