/**
 * Rows kept in memory until somebody may have changed them. A row that was being read while the cache was dropped is
 * read again, so that no answer is older than the last drop.
 */
export class RowCache<Row> {
  readonly #rows = new Map<string, Row>()
  readonly #maxRows: number
  #generation = 0

  constructor(maxRows = 5000) {
    this.#maxRows = maxRows
  }

  /** The row as it is in memory now, without asking anybody. */
  peek(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  async get(key: string, read: () => Promise<Row | undefined>): Promise<Row | undefined> {
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    for (;;) {
      const generation = this.#generation
      const row = await read()
      if (generation !== this.#generation) continue
      if (row !== undefined) this.#remember(key, row)
      return row
    }
  }

  drop(): void {
    this.#generation += 1
    this.#rows.clear()
  }

  #remember(key: string, row: Row): void {
    if (this.#rows.size >= this.#maxRows) {
      const oldest = this.#rows.keys().next()
      if (oldest.done !== true) this.#rows.delete(oldest.value)
    }
    this.#rows.set(key, row)
  }
}
