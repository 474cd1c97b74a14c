import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { hasCode } from '../core/systemErrors.ts'
import { GateError } from '../contract/errorCodes.ts'
import { lockFileName } from './dataFolder.ts'

const contentSchema = z.object({
  pid: z.number().int().positive(),
  /** When the process that holds the lock started, in milliseconds since the epoch. */
  startedAt: z.number(),
  url: z.string().nullable(),
  /** Where other devices reach it; null: nowhere. */
  sharedUrl: z.string().nullable().default(null),
})
export type LockContent = z.infer<typeof contentSchema>

export interface FolderLock {
  /** Says where the holder can be reached, once it listens: here, and by other devices if by any. */
  setUrl(url: string, sharedUrl?: string | null): void
  /** May be called more than once. */
  release(): void
}

export interface LockOptions {
  readonly directory: string
  readonly clock: Clock
  readonly random: Random
  readonly startTimeOf?: (pid: number) => ProcessStart
}

export type ProcessStart = { kind: 'gone' } | { kind: 'running'; startedAtMs: number | undefined }

/** Clocks of the two sources differ by rounding, and a boot time by a little more. */
const TOLERANCE_MS = 5000

/** Whether the process that wrote the lock is still there: a pid alone may belong to another program by now. */
export function isHolderAlive(lock: LockContent, start: ProcessStart): boolean {
  if (start.kind === 'gone') return false
  return start.startedAtMs === undefined || Math.abs(start.startedAtMs - lock.startedAt) <= TOLERANCE_MS
}

/** The lock as it stands, also when its holder is gone; undefined when there is none or it is unreadable. */
export function readLock(directory: string): LockContent | undefined {
  return parseLock(readLockText(directory))
}

/** The lock's content if its holder runs. */
export function findLockHolder(
  directory: string,
  startTimeOf: (pid: number) => ProcessStart = findProcessStart,
): LockContent | undefined {
  const lock = readLock(directory)
  return lock !== undefined && isHolderAlive(lock, startTimeOf(lock.pid)) ? lock : undefined
}

/**
 * Takes the data folder for this process, so that no second app or `serve` works on it.
 * @throws GateError ALREADY_RUNNING, with the `url` of the holder in its details
 */
export function acquireLock(options: LockOptions): FolderLock {
  const file = join(options.directory, lockFileName)
  const startTimeOf = options.startTimeOf ?? findProcessStart
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const content: LockContent = { pid: process.pid, startedAt: ownStartMs(options.clock), url: null, sharedUrl: null }
    if (createExclusively(file, content)) return createFolderLock(file, content, options)
    const text = readLockText(options.directory)
    const lock = parseLock(text)
    if (lock !== undefined && isHolderAlive(lock, startTimeOf(lock.pid))) throw alreadyRunning(lock)
    if (text !== undefined) removeStale(file, text, options.random)
  }
  throw new GateError('ALREADY_RUNNING', 'Another Gatehouse is just starting with this data folder.')
}

function alreadyRunning(lock: LockContent): GateError {
  const where = lock.url === null ? '' : ` at ${lock.url}`
  return new GateError(
    'ALREADY_RUNNING',
    `Gatehouse already runs with this data folder${where} (process ${lock.pid}). Quit it first, or use another folder with --data-dir.`,
    { details: { url: lock.url, pid: lock.pid } },
  )
}

function createFolderLock(file: string, content: LockContent, options: LockOptions): FolderLock {
  let isHeld = true
  return {
    setUrl: (url, sharedUrl = null) => {
      if (!isHeld) return
      const next = `${file}.${options.random.id(8)}`
      writeFileSync(next, JSON.stringify({ ...content, url, sharedUrl }), { mode: 0o600 })
      renameSync(next, file)
    },
    release: () => {
      if (!isHeld) return
      isHeld = false
      if (readLock(options.directory)?.pid === process.pid) rmSync(file, { force: true })
    },
  }
}

function createExclusively(file: string, content: LockContent): boolean {
  try {
    writeFileSync(file, JSON.stringify(content), { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Moves the stale file aside first: of two that start at once, only one can, and it sees whether it took the right one. */
function removeStale(file: string, judged: string, random: Random): void {
  const aside = `${file}.stale-${random.id(8)}`
  try {
    renameSync(file, aside)
  } catch {
    return // somebody else was faster; the next attempt sees what they left
  }
  if (readFileSync(aside, 'utf8') !== judged) {
    try {
      linkSync(aside, file)
    } catch {
      // a third one holds the lock by now
    }
  }
  rmSync(aside, { force: true })
}

function readLockText(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, lockFileName), 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function parseLock(text: string | undefined): LockContent | undefined {
  if (text === undefined) return undefined
  try {
    return contentSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // half-written by a crash: nobody holds it
  }
}

const ownStartMs = (clock: Clock): number => Math.round(clock.nowMs() - process.uptime() * 1000)

/** When a process started; `running` without a time where the system cannot say. */
export function findProcessStart(pid: number): ProcessStart {
  try {
    process.kill(pid, 0)
  } catch (error) {
    const isGone = hasCode(error, 'ESRCH')
    if (isGone) return { kind: 'gone' }
  }
  try {
    return { kind: 'running', startedAtMs: readStartMs(pid, process.platform) }
  } catch {
    return { kind: 'running', startedAtMs: undefined } // not knowing keeps the lock: the safe side
  }
}

/** Linux counts in ticks of 1/100 s since boot: proc_pid_stat(5), field 22, on every architecture Electron runs on. */
const TICKS_PER_SECOND = 100

function readStartMs(pid: number, platform: NodeJS.Platform): number | undefined {
  if (platform === 'linux') {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    return toFinite((bootSeconds + ticks / TICKS_PER_SECOND) * 1000)
  }
  const [file, args] =
    platform === 'win32'
      ? ([
          'powershell',
          ['-NoProfile', '-Command', `([DateTimeOffset](Get-Process -Id ${pid}).StartTime).ToUnixTimeMilliseconds()`],
        ] as const)
      : (['ps', ['-o', 'lstart=', '-p', String(pid)]] as const)
  const answer = execFileSync(file, args, {
    encoding: 'utf8',
    windowsHide: true,
    timeout: 10_000,
    env: { ...process.env, LC_ALL: 'C' },
  }).trim()
  return toFinite(platform === 'win32' ? Number(answer) : Date.parse(answer))
}

const toFinite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined)
