import type { OwnApplicationDependencies } from './dependencies.ts'

/** Before a page has read its own jobs after it heard of a change of theirs: what changes later is told. */
const LOOK_AFTER_MS = 300
/** A look at ten thousand jobs takes a tenth of a second: it gets rarer, so that it never takes much of the time. */
const REST_PER_LOOK = 20

type WatchedParts = Pick<OwnApplicationDependencies, 'clock' | 'stores' | 'jobs' | 'engine'>

export interface PlaceWatchEvents {
  /** The places of one person's jobs in the line are others than before. */
  placesChanged(accountId: string): void
  /** Whether jobs run at all is another than before: everybody's business. */
  queueChanged(): void
}

/**
 * Tells people that their own place in the line changed, and nothing but that: not whose job moved, and nobody hears of
 * a job that came behind theirs. Looks three times a second at most, and less often at long lines.
 */
export class PlaceWatch {
  readonly #dependencies: WatchedParts
  readonly #events: PlaceWatchEvents
  #places = new Map<string, string>()
  #queue: string
  #timer: NodeJS.Timeout | undefined
  #delayMs = LOOK_AFTER_MS

  constructor(dependencies: WatchedParts, events: PlaceWatchEvents) {
    this.#dependencies = dependencies
    this.#events = events
    this.#queue = this.#readQueue()
    const { stores, jobs, engine } = dependencies
    const look = (): void => this.#lookSoon()
    jobs.onChange(look)
    engine.onStateChange(look)
    stores.changes.on((resource) => {
      if (resource === 'settings') look()
    })
  }

  #lookSoon(): void {
    this.#timer ??= setTimeout(() => this.#look(), this.#delayMs)
    this.#timer.unref()
  }

  #look(): void {
    this.#timer = undefined
    const before = [this.#places, this.#queue] as const
    const wasLate = this.#delayMs > LOOK_AFTER_MS
    const { clock } = this.#dependencies
    const startedAtMs = clock.nowMs()
    this.#places = this.#readPlaces()
    this.#delayMs = Math.max(LOOK_AFTER_MS, (clock.nowMs() - startedAtMs) * REST_PER_LOOK)
    this.#queue = this.#readQueue()
    if (this.#queue !== before[1]) this.#events.queueChanged()
    for (const [accountId, places] of this.#places) {
      const known = before[0].get(accountId)
      // Who was not in the line before was told of it as a change of their own, and reads after a look that is in time.
      if (known === undefined ? wasLate : known !== places) this.#events.placesChanged(accountId)
    }
  }

  #readPlaces(): Map<string, string> {
    const { jobs } = this.#dependencies
    const places = new Map<string, string>()
    for (const [id, { position }] of jobs.foresee()) {
      const accountId = jobs.find(id)?.accountId
      if (accountId === undefined) continue
      places.set(accountId, `${places.get(accountId) ?? ''}${id}=${String(position)} `)
    }
    return places
  }

  #readQueue(): string {
    const { stores, jobs, engine } = this.#dependencies
    return JSON.stringify([jobs.isPaused(), stores.settings.get('jobs.paused'), engine.state().kind === 'ready'])
  }
}
