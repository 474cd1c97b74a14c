import type { AuditEvent, AuditSink } from '../contract/audit.ts'
import type { Clock } from '../core/clock.ts'

const MAX_PAUSES = 1000

interface Pause {
  readonly untilMs: number
  readonly event: AuditEvent
  furtherTries: number
}

/**
 * The log of sign-ins that a pause refused: the first one of a pause, and when it is over one row that says how many
 * more there were. Without a pause between its tries somebody makes hundreds a second.
 */
export class PausedTries {
  readonly #clock: Clock
  readonly #audit: AuditSink
  readonly #pauses = new Map<string, Pause>()

  constructor(clock: Clock, audit: AuditSink) {
    this.#clock = clock
    this.#audit = audit
  }

  /** Whether this try was one more of a pause that is known; otherwise it wants `begin`. */
  count(source: string): boolean {
    const pause = this.#pauses.get(source)
    if (pause === undefined || pause.untilMs <= this.#clock.nowMs()) return false
    pause.furtherTries += 1
    return true
  }

  /** Records the first refused try of a pause. */
  begin(source: string, waitMs: number, event: AuditEvent): void {
    this.tellEnded()
    this.#audit.record(event)
    // One that is not remembered is recorded each time; the log itself shortens a flood of those.
    if (this.#pauses.size >= MAX_PAUSES) return
    this.#pauses.set(source, { untilMs: this.#clock.nowMs() + waitMs, event, furtherTries: 0 })
  }

  /** Records how many tries the pauses refused that are over now; called often. */
  tellEnded(): void {
    const now = this.#clock.nowMs()
    for (const [source, pause] of this.#pauses) if (pause.untilMs <= now) this.#tell(source, pause)
  }

  /** The same for every pause, before the log is closed. */
  close(): void {
    for (const [source, pause] of this.#pauses) this.#tell(source, pause)
  }

  #tell(source: string, { event, furtherTries }: Pause): void {
    this.#pauses.delete(source)
    if (furtherTries > 0) this.#audit.record({ ...event, details: { ...event.details, furtherTries } })
  }
}
