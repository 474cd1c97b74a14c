import { execFile } from 'node:child_process'
import * as fs from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../core/clock.ts'

/** What is left on the disk that a path lies on. */
export interface Space {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Reads the space of a folder's disk. Rejects when it cannot. */
export type SpaceReader = (directory: string) => Promise<Space>

const FRESH_MS = 3_000
/** A network drive that is gone can keep a question for ever. */
const DEADLINE_MS = 5_000

/** Free space by folder, asked at most every few seconds. */
export class DiskSpace {
  readonly #clock: Clock
  readonly #read: SpaceReader
  readonly #known = new Map<string, { readonly atMs: number; readonly space: Promise<Space | undefined> }>()

  constructor(clock: Clock, read: SpaceReader = readSpace) {
    this.#clock = clock
    this.#read = read
  }

  /** undefined when it cannot be found out; then nothing is decided by it. */
  async find(directory: string): Promise<Space | undefined> {
    const nowMs = this.#clock.nowMs()
    const known = this.#known.get(directory)
    if (known !== undefined && Math.abs(nowMs - known.atMs) < FRESH_MS) return known.space
    const space = this.#ask(directory)
    this.#known.set(directory, { atMs: nowMs, space })
    return space
  }

  async #ask(directory: string): Promise<Space | undefined> {
    let late: NodeJS.Timeout | undefined
    const deadline = new Promise<undefined>((resolve) => (late = setTimeout(() => resolve(undefined), DEADLINE_MS)))
    try {
      return await Promise.race([this.#read(await nearestThere(directory)), deadline])
    } catch {
      // Not to be found out: a disk that is away, or a system without the means.
      return undefined
    } finally {
      clearTimeout(late)
    }
  }
}

/** A folder that is not made yet will lie on the disk of the one above it. */
async function nearestThere(directory: string): Promise<string> {
  for (let path = directory; ; path = dirname(path)) {
    const isThere = await fs.stat(path).then(
      () => true,
      () => false,
    )
    if (isThere || dirname(path) === path) return path
  }
}

/** By the system call where Node has it (from 18.15 on), else by `df`, which every POSIX system has. */
export async function readSpace(directory: string): Promise<Space> {
  if (!hasStatfs(fs)) return readSpaceByDf(directory)
  const { bavail, blocks, bsize } = await fs.statfs(directory)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/** The same without the system call, for the fallback runtime. */
export async function readSpaceByDf(directory: string): Promise<Space> {
  return parseDf(await runDf(directory))
}

/** The types say that it is always there; the fallback runtime's Node 16 has none. */
const hasStatfs = (module: object): boolean => 'statfs' in module

function runDf(directory: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: DEADLINE_MS, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }
    execFile('df', ['-kP', '--', directory], options, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(new Error('df could not be asked', { cause: error }))
    })
  })
}

/** POSIX `df -kP`: one heading, then name, KiB in all, used, free, percent, mount point. @throws TypeError */
export function parseDf(text: string): Space {
  const [, total, free] = /\s(\d+)\s+\d+\s+(\d+)\s+\d+%\s/.exec(text.slice(text.indexOf('\n'))) ?? []
  if (total === undefined || free === undefined) throw new TypeError('df said something else')
  return { freeBytes: Number(free) * 1024, totalBytes: Number(total) * 1024 }
}
