import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../proxy/core/clock.ts'
import { systemRandom } from '../../../proxy/core/random.ts'
import {
  acquireLock,
  findLockHolder,
  findProcessStart,
  isHolderAlive,
  readLock,
} from '../../../proxy/database/lockFile.ts'
import type { ProcessStart } from '../../../proxy/database/lockFile.ts'

const it = test.extend<{ directory: string }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  directory: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'))
    await use(directory)
    rmSync(directory, { recursive: true })
  },
})

const acquire = (directory: string, startTimeOf?: (pid: number) => ProcessStart) =>
  acquireLock({
    directory,
    clock: systemClock,
    random: systemRandom,
    ...(startTimeOf === undefined ? {} : { startTimeOf }),
  })

const leaveLock = (directory: string, content: string) => writeFileSync(join(directory, 'gatehouse.lock'), content)

describe('the lock of a data folder', () => {
  it('keeps a second one out, and tells it where the first is', ({ directory }) => {
    const lock = acquire(directory)
    lock.setUrl('http://127.0.0.1:8190/')

    expect(() => acquire(directory)).toThrow(
      expect.objectContaining({
        code: 'ALREADY_RUNNING',
        details: { url: 'http://127.0.0.1:8190/', pid: process.pid },
      }),
    )
    expect(findLockHolder(directory)).toMatchObject({ pid: process.pid, url: 'http://127.0.0.1:8190/' })
    expect(statSync(join(directory, 'gatehouse.lock')).mode & 0o777).toBe(0o600)
  })

  it('is free again after its release, and leaves nothing behind', ({ directory }) => {
    const lock = acquire(directory)
    lock.setUrl('http://127.0.0.1:8190/')
    lock.release()
    lock.release()
    lock.setUrl('http://127.0.0.1:1/')

    expect(readdirSync(directory)).toEqual([])
    acquire(directory).release()
  })

  it.for([
    ['a process that is gone', JSON.stringify({ pid: 4_190_000, startedAt: 1, url: null })],
    ['a crash while writing', '{"pid":12'],
    ['nothing', ''],
    ['another shape', '[]'],
  ] as const)('of %s is taken over', ([, content], { directory }) => {
    leaveLock(directory, content)

    const lock = acquire(directory)

    expect(readLock(directory)?.pid).toBe(process.pid)
    expect(readdirSync(directory)).toEqual(['gatehouse.lock'])
    lock.release()
  })

  it('of a pid that another program has now is taken over', ({ directory }) => {
    leaveLock(directory, JSON.stringify({ pid: process.ppid, startedAt: 1000, url: null }))

    expect(findLockHolder(directory)).toBeUndefined()
    acquire(directory).release()
  })

  it('is kept when the system cannot say when the process started', ({ directory }) => {
    const content = JSON.stringify({ pid: 1, startedAt: 1000, url: null })
    leaveLock(directory, content)

    expect(() => acquire(directory, () => ({ kind: 'running', startedAtMs: undefined }))).toThrow('already runs')
    expect(readFileSync(join(directory, 'gatehouse.lock'), 'utf8')).toBe(content)
  })

  it('of somebody else is not removed by a release', ({ directory }) => {
    const lock = acquire(directory)
    leaveLock(directory, JSON.stringify({ pid: process.ppid, startedAt: 1000, url: null }))

    lock.release()

    expect(readLock(directory)?.pid).toBe(process.ppid)
  })

  it('compares start times with a little tolerance', () => {
    const lock = { pid: 5, startedAt: 100_000, url: null, sharedUrl: null }
    expect(isHolderAlive(lock, { kind: 'running', startedAtMs: 101_000 })).toBe(true)
    expect(isHolderAlive(lock, { kind: 'running', startedAtMs: 200_000 })).toBe(false)
    expect(isHolderAlive(lock, { kind: 'gone' })).toBe(false)
  })

  it('knows when a process started', () => {
    const start = findProcessStart(process.pid)
    expect(start.kind).toBe('running')
    const startedAtMs = start.kind === 'running' ? start.startedAtMs : undefined
    expect(Math.abs((startedAtMs ?? 0) - (Date.now() - process.uptime() * 1000))).toBeLessThan(5000)
  })
})
