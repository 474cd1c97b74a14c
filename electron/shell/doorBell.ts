import type { Clock } from '../../proxy/core/clock.ts'

/** However many knock, the owner is called at most so often. */
const PAUSE_MS = 10_000

export interface DoorBellParts {
  readonly clock: Clock
  /** Ids of those who wait. */
  readonly waiting: () => readonly string[]
  readonly ring: () => void
}

/**
 * What is said outside of the window. Not a word of whoever knocks, and one button, which only looks: a stranger's text
 * beside a button of the system's lets in whoever is called "Windows Update".
 */
export const doorBellWords = {
  title: 'Somebody asks to come in',
  body: 'Look who it is before you let anybody in.',
  action: 'Look',
} as const

/** Rings for those who came since it rang last, at most every ten seconds, and not for those who have gone by then. */
export class DoorBell {
  readonly #parts: DoorBellParts
  #known: ReadonlySet<string> = new Set()
  #rangAtMs = -Infinity
  #timer: NodeJS.Timeout | undefined

  constructor(parts: DoorBellParts) {
    this.#parts = parts
  }

  /** Called whenever somebody came or went. */
  look(): void {
    const waiting = this.#parts.waiting()
    if (!waiting.some((id) => !this.#known.has(id)) || this.#timer !== undefined) return
    const pauseMs = this.#rangAtMs + PAUSE_MS - this.#parts.clock.nowMs()
    if (pauseMs > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        this.look()
      }, pauseMs)
      this.#timer.unref()
      return
    }
    this.#known = new Set(waiting)
    this.#rangAtMs = this.#parts.clock.nowMs()
    this.#parts.ring()
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
