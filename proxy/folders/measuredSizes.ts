import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { markerFolder } from '../isolation/folderMarker.ts'

const FRESH_MS = 30_000
/** A folder that takes long to walk is walked seldom: looking costs at most a twentieth of the time. */
const PATIENCE = 20
const MAX_MARKER_BYTES = 1024

interface Measured {
  bytes: number
  /** Taken in since the last look began. */
  addedBytes: number
  measuredAtMs: number
  tookMs: number
  underWay: Promise<void> | undefined
  /** Nobody waits for the look that is under way any more. */
  isSlow: boolean
  /** Something was taken away since the last look began. */
  isStale: boolean
}

interface ReadOptions {
  /** How old the answer may be; left out: half a minute. */
  readonly freshMs?: number
  /** A network drive that is gone can keep a look for ever: then what was seen last is the answer. */
  readonly deadlineMs?: number
}

/**
 * How much lies in folders of which nobody keeps a record, by folder. Looked at when asked, at most every half minute;
 * what is taken in meanwhile is added, so that many uploads at once do not pass as one.
 */
export class MeasuredSizes {
  readonly #clock: Clock
  readonly #known = new Map<string, Measured>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async read(directory: string, { freshMs = FRESH_MS, deadlineMs }: ReadOptions = {}): Promise<number> {
    const entry = this.#of(directory)
    const usableMs = entry.isStale ? 0 : freshMs
    if (this.#clock.nowMs() >= entry.measuredAtMs + Math.max(usableMs, entry.tookMs * PATIENCE)) {
      entry.underWay ??= this.#measure(directory, entry)
      if (deadlineMs === undefined) await entry.underWay
      else if (!entry.isSlow) await waitShortly(entry, deadlineMs)
    }
    return entry.bytes + entry.addedBytes
  }

  /** Counts what is about to be written there. */
  add(directory: string, bytes: number): void {
    this.#of(directory).addedBytes += bytes
  }

  /** Something was taken away there: the next answer is no older, but for a folder that takes long to walk. */
  takenAway(directory: string): void {
    this.#of(directory).isStale = true
  }

  #of(directory: string): Measured {
    const found = this.#known.get(directory)
    if (found !== undefined) return found
    const made: Measured = {
      bytes: 0,
      addedBytes: 0,
      measuredAtMs: -Infinity,
      tookMs: 0,
      underWay: undefined,
      isSlow: false,
      isStale: false,
    }
    this.#known.set(directory, made)
    return made
  }

  async #measure(directory: string, entry: Measured): Promise<void> {
    const startedAtMs = this.#clock.nowMs()
    const { addedBytes } = entry
    entry.isStale = false
    try {
      entry.bytes = (await sizeOf(directory)) - (await markerBytes(directory))
      entry.addedBytes -= addedBytes
    } finally {
      entry.measuredAtMs = this.#clock.nowMs()
      entry.tookMs = entry.measuredAtMs - startedAtMs
      entry.underWay = undefined
      entry.isSlow = false
    }
  }
}

async function waitShortly(entry: Measured, deadlineMs: number): Promise<void> {
  let late: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    late = setTimeout(() => {
      entry.isSlow = entry.underWay !== undefined
      resolve()
    }, deadlineMs)
  })
  await Promise.race([entry.underWay, deadline])
  clearTimeout(late)
}

/** Bytes of all files in and below a folder; links count as themselves, and what goes away meanwhile for nothing. */
export async function sizeOf(directory: string): Promise<number> {
  let bytes = 0
  const left = [directory]
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    const path = folder
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    left.push(...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name)))
    const files = entries.filter((entry) => !entry.isDirectory())
    for (let at = 0; at < files.length; at += BATCH) {
      const sizes = await Promise.all(files.slice(at, at + BATCH).map(({ name }) => fileSize(join(path, name))))
      bytes += sizes.reduce((sum, size) => sum + size, 0)
    }
  }
  return bytes
}

/** As many questions at once as Node has threads for them; more would only wait in memory. */
const BATCH = 32

/** Ours, and not the person's to pay for; one that somebody blew up counts. */
async function markerBytes(directory: string): Promise<number> {
  const bytes = await fileSize(join(directory, markerFolder, 'account.json'))
  return bytes > MAX_MARKER_BYTES ? 0 : bytes
}

const fileSize = (path: string): Promise<number> =>
  lstat(path).then(
    ({ size }) => size,
    () => 0,
  )
