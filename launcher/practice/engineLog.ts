import type { Clock } from '../../proxy/core/clock.ts'

const CAPACITY = 300

/** One line as ComfyUI's log routes carry it: time and message. */
export type LogEntry = { readonly t: string; readonly m: string }

/** The last lines of the engine, for its own log routes; everything also goes to the given writer. */
export class EngineLog {
  readonly #clock: Clock
  readonly #write: (line: string) => void
  readonly #entries: LogEntry[] = []
  readonly #listeners = new Set<(entries: LogEntry[]) => void>()

  constructor(clock: Clock, write: (line: string) => void) {
    this.#clock = clock
    this.#write = write
  }

  add(message: string): void {
    const entry = { t: new Date(this.#clock.nowMs()).toISOString().replace('Z', ''), m: `${message}\n` }
    this.#entries.push(entry)
    if (this.#entries.length > CAPACITY) this.#entries.shift()
    this.#write(`${message}\n`)
    for (const listener of this.#listeners) listener([entry])
  }

  entries(): LogEntry[] {
    return [...this.#entries]
  }

  onEntries(listener: (entries: LogEntry[]) => void): void {
    this.#listeners.add(listener)
  }
}
