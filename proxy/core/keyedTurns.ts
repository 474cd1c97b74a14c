/** One thing after the other for each key, so that what one found out still holds when it acts upon it. */
export class KeyedTurns {
  readonly #last = new Map<string, Promise<void>>()

  run<Result>(key: string, action: () => Promise<Result>): Promise<Result> {
    const result = (this.#last.get(key) ?? Promise.resolve()).then(action)
    const over = result.then(
      () => undefined,
      () => undefined,
    )
    this.#last.set(key, over)
    void over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key)
    })
    return result
  }
}
