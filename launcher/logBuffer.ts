import type { Clock } from '../proxy/core/clock.ts'
import { redact } from '../proxy/core/redact.ts'
import { LineSplitter } from './lineSplitter.ts'
import type { SplitLine } from './lineSplitter.ts'

export interface LogLine {
  /** Grows by one with every line, over all starts. */
  sequence: number
  atMs: number
  text: string
  /** A progress bar: this line takes the place of the one before it. */
  replacesPrevious: boolean
}

const keptSecrets = 4

/** The last lines of the engine's output, redacted before they are kept or heard by anyone. */
export class LogBuffer {
  readonly #clock: Clock
  readonly #capacity: number
  readonly #listeners = new Set<(line: LogLine) => void>()
  #lines: LogLine[] = []
  #secrets: readonly string[] = []
  #sequence = 0
  #lastWasTransient = false

  constructor(clock: Clock, capacity = 1_000) {
    this.#clock = clock
    this.#capacity = capacity
  }

  /** From now on this text never appears in a line. The last few are remembered: an old start's lines may come late. */
  hide(secret: string): void {
    this.#secrets = [secret, ...this.#secrets].slice(0, keptSecrets)
  }

  /** A writer for one stream: stdout and stderr must not share a splitter. */
  openStream(): { write: (chunk: Buffer) => void; end: () => void } {
    const splitter = new LineSplitter()
    const addAll = (lines: readonly SplitLine[]): void => lines.forEach((line) => this.#add(line))
    return { write: (chunk) => addAll(splitter.push(chunk)), end: () => addAll(splitter.end()) }
  }

  /** Adds a line of our own. */
  add(text: string): void {
    this.#add({ text, isTransient: false })
  }

  /** The kept lines, or those after a sequence number. */
  lines(afterSequence = 0): readonly LogLine[] {
    return this.#lines.filter((line) => line.sequence > afterSequence)
  }

  /** The sequence number of the newest line, 0 before the first. */
  get lastSequence(): number {
    return this.#sequence
  }

  /** @returns a function that ends the listening */
  onLine(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #add({ text, isTransient }: SplitLine): void {
    this.#sequence += 1
    const replacesPrevious = this.#lastWasTransient && this.#lines.length > 0
    const line = {
      sequence: this.#sequence,
      atMs: this.#clock.nowMs(),
      text: redact(text, this.#secrets),
      replacesPrevious,
    }
    if (replacesPrevious) this.#lines.pop()
    this.#lines.push(line)
    if (this.#lines.length > this.#capacity) this.#lines = this.#lines.slice(-this.#capacity)
    this.#lastWasTransient = isTransient
    for (const listener of this.#listeners) listener(line)
  }
}
