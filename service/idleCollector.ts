import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const LOOK_MS = 1_000
/** So many looks in a row must find the process idle. */
const IDLE_LOOKS = 60
/** The first time: nobody was served yet, and starting leaves as much garbage as a load. */
const FIRST_IDLE_LOOKS = 5
/** Part of the time that an idle process spends awake: its own timers, and now and then a question. */
const IDLE_UTILIZATION = 0.02
/** Less than this is not worth the stall. */
const GROWN_BYTES = 24 * 1024 * 1024

/** What the collector looks at and does. */
export interface IdleCollectorOptions {
  /** Part of the time since the last call in which the process was awake, 0 to 1. */
  readonly utilization: () => number
  /** What the heap holds of the system's memory, garbage and reserve included. */
  readonly heapBytes: () => number
  /** Collects everything and gives the memory back. */
  readonly collect: () => void
}

/**
 * V8 collects when it needs room, so after a load its garbage stays for as long as nobody asks for more: more than a
 * hundred megabytes that the owner's models could use. This collects once when the load is over. It takes some ten
 * milliseconds, and the heap that it leaves is small: a load that follows at once costs up to twice the CPU until it has
 * grown again (measured). So it waits until nobody was served for a minute, after the start for five seconds.
 */
export class IdleCollector {
  readonly #options: IdleCollectorOptions
  #idleLooks = 0
  #neededLooks = FIRST_IDLE_LOOKS
  #bytesAfterLast = 0

  constructor(options: IdleCollectorOptions) {
    this.#options = options
  }

  /** Called every second. */
  look(): void {
    this.#idleLooks = this.#options.utilization() < IDLE_UTILIZATION ? this.#idleLooks + 1 : 0
    if (this.#idleLooks < this.#neededLooks || this.#options.heapBytes() < this.#bytesAfterLast + GROWN_BYTES) return
    this.#idleLooks = 0
    this.#neededLooks = IDLE_LOOKS
    this.#options.collect()
    this.#bytesAfterLast = this.#options.heapBytes()
  }
}

/** Watches this process until the returned function is called. */
export function collectWhenIdle(): () => void {
  const collect = findCollect()
  if (collect === undefined) return () => undefined
  let last = performance.eventLoopUtilization()
  const collector = new IdleCollector({
    utilization: () => {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      return utilization
    },
    heapBytes: () => getHeapStatistics().total_heap_size,
    collect,
  })
  const timer = setInterval(() => collector.look(), LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** V8's own function, which it shows in contexts that are made while the flag is set; undefined where it does not. */
function findCollect(): (() => void) | undefined {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('globalThis.gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof gc !== 'function') return undefined
  return () => void Reflect.apply(gc, undefined, [{ type: 'major', execution: 'sync', flavor: 'last-resort' }])
}
