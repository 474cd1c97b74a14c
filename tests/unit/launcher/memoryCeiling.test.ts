import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { ceilingOf, judgeMemory } from '../../../launcher/memoryCeiling.ts'
import { createMemoryReader, memoryCommand, parseStatus, sumLines } from '../../../launcher/treeMemory.ts'

const GiB = 1024 ** 3

describe('the ceiling', () => {
  it.each([
    [8, null, 6.5],
    [64, null, 60.8],
    [16, 50, 8],
  ])('of %d GiB with %j is %d GiB', (total, percent, expected) => {
    expect((ceilingOf(total * GiB, percent) ?? 0) / GiB).toBeCloseTo(expected)
  })

  it('is none at 100', () => {
    expect(ceilingOf(16 * GiB, 100)).toBeUndefined()
  })
})

describe('an engine above its ceiling', () => {
  const rules = { pollMs: 1, graceMs: 1000 }
  const look = (sinceMs: number | undefined, used: number, nowMs: number) =>
    judgeMemory(sinceMs, { usedBytes: used, ceilingBytes: 70, totalBytes: 100, nowMs }, rules)

  it('is told once, has its time, and is ended when it did not give back', () => {
    expect(look(undefined, 70, 0)).toEqual({ sinceMs: undefined, verdict: 'fine' })
    expect(look(undefined, 71, 5)).toEqual({ sinceMs: 5, verdict: 'pressed' })
    expect(look(5, 75, 1004)).toEqual({ sinceMs: 5, verdict: 'waiting' })
    expect(look(5, 71, 1005).verdict).toBe('over')
  })

  it('is forgiven what it gave back', () => {
    expect(look(5, 60, 900)).toEqual({ sinceMs: undefined, verdict: 'fine' })
  })

  it('has no time when the system is about to run out', () => {
    expect(look(undefined, 90, 0).verdict).toBe('pressed')
    expect(look(undefined, 91, 0).verdict).toBe('over')
  })
})

describe('how much a process takes', () => {
  it('is what is its own, in the RAM or swapped out, and not the files that it has mapped', () => {
    const status = 'VmRSS:\t 900 kB\nRssAnon:\t 100 kB\nRssFile:\t 700 kB\nRssShmem:\t 20 kB\nVmSwap:\t 3 kB\n'
    expect(parseStatus(status)).toBe(123 * 1024)
    expect(parseStatus('')).toBe(0)
  })

  it('is asked of the system elsewhere than on Linux', () => {
    expect(memoryCommand('linux', [5])).toBeUndefined()
    expect(memoryCommand('darwin', [5, 6])).toEqual({ file: '/bin/ps', args: ['-o', 'rss=', '-p', '5,6'], unit: 1024 })
    expect(memoryCommand('win32', [5, 6])?.args.at(-1)).toContain('-Id 5,6')
    expect(sumLines('  12\r\n 30\n\nx\n', 1024)).toBe(42 * 1024)
  })

  it.runIf(process.platform === 'linux')('is counted with all that it started', async () => {
    const marker = `GATEHOUSE_TEST=${process.pid}`
    const eat = `const held = Buffer.alloc(200e6, 1); console.log(held.length); process.stdin.resume()`
    const parent = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(eat)}], { stdio: 'inherit', detached: true })`
    const child = spawn(process.execPath, ['-e', `${parent}; process.stdin.resume()`], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, GATEHOUSE_TEST: String(process.pid) },
    })
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve))
      const reader = createMemoryReader('linux')
      const bytes = await reader.treeBytes({ pid: child.pid ?? 0, startTime: undefined, marker })
      expect(bytes).toBeGreaterThan(200e6)
      expect(bytes).toBeLessThan(600e6)
      expect(reader.usedBytes()).toBeGreaterThan(0)
      expect(reader.totalBytes()).toBeGreaterThan(GiB)
    } finally {
      child.stdin.end()
      child.kill()
    }
  })
})
