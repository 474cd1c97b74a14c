import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ownGroupFile } from './memoryKills.ts'
import { findMarkedProcesses, listProcesses } from './processTable.ts'
import { selectTree } from './processTree.ts'
import type { TreeRoot } from './processTree.ts'

const maxFileLength = 64 * 1024
const askTimeoutMs = 10_000

/** What is known about memory; a stand-in for tests. */
export interface MemoryReader {
  /** What all programs may take together. */
  totalBytes(): number
  /** What is in use by anybody: the tree cannot use more, and this costs nothing to ask. */
  usedBytes(): number
  /** What the tree of this root takes and nobody else could have. Rejects when nobody can tell. */
  treeBytes(root: TreeRoot): Promise<number>
}

export function createMemoryReader(platform: NodeJS.Platform): MemoryReader {
  return {
    totalBytes: () => Math.min(os.totalmem(), findGroupLimit(platform)),
    // In a control group the whole computer's numbers say nothing.
    usedBytes: () => (findGroupLimit(platform) < os.totalmem() ? Infinity : os.totalmem() - os.freemem()),
    treeBytes: async (root) => {
      const rows = await listProcesses(platform)
      const tree = selectTree(rows, root, findMarkedProcesses(platform, root.marker), process.pid)
      return measure(
        platform,
        tree.map(({ pid }) => pid),
      )
    },
  }
}

/**
 * Reads /proc/<pid>/status: memory of the process's own, in the RAM or swapped out. Pages of files, as of models that
 * are mapped, are the system's to take back.
 */
export function parseStatus(text: string): number {
  const kilobytes = ['RssAnon', 'RssShmem', 'VmSwap'].map((name) => {
    const digits = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
    return Number(digits ?? 0)
  })
  return kilobytes.reduce((sum, value) => sum + value, 0) * 1024
}

/** Sums a column of numbers. */
export function sumLines(text: string, unit: number): number {
  return text.split(/\s+/).reduce((sum, word) => sum + (/^\d+$/.test(word) ? Number(word) : 0), 0) * unit
}

/** The program that prints how much each process takes, a number a line; on Linux /proc is read instead. */
export function memoryCommand(
  platform: NodeJS.Platform,
  pids: readonly number[],
  systemRoot = 'C:\\Windows',
): { file: string; args: string[]; unit: number } | undefined {
  if (platform === 'linux') return undefined
  if (platform !== 'win32') return { file: '/bin/ps', args: ['-o', 'rss=', '-p', pids.join(',')], unit: 1024 }
  const file = path.win32.join(systemRoot, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
  const script = `Get-Process -Id ${pids.join(',')} -ErrorAction SilentlyContinue | ForEach-Object { $_.PrivateMemorySize64 }`
  return { file, args: ['-NoProfile', '-NonInteractive', '-Command', script], unit: 1 }
}

async function measure(platform: NodeJS.Platform, pids: readonly number[]): Promise<number> {
  if (pids.length === 0) return 0
  const command = memoryCommand(platform, pids, process.env['SystemRoot'])
  if (command === undefined) {
    return pids.reduce((sum, pid) => sum + parseStatus(readText(`/proc/${pid}/status`)), 0)
  }
  const { file, args, unit } = command
  const output = await new Promise<string>((resolve, reject) => {
    execFile(file, args, { timeout: askTimeoutMs, windowsHide: true }, (error, stdout) => {
      // ps ends with 1 when one of them has ended meanwhile, and still prints the others.
      if (error !== null && stdout === '') reject(new Error(`${file} could not tell the memory`, { cause: error }))
      else resolve(stdout)
    })
  })
  return sumLines(output, unit)
}

/** cgroups v2 (kernel's cgroup-v2.rst): "max" or bytes, of our group, which the engine inherits. */
function findGroupLimit(platform: NodeJS.Platform): number {
  const file = platform === 'linux' ? ownGroupFile('memory.max', readText) : undefined
  const digits = file === undefined ? undefined : /^(\d+)$/m.exec(readText(file))?.[1]
  return digits === undefined ? Infinity : Number(digits)
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').slice(0, maxFileLength)
  } catch {
    return '' // Gone meanwhile, or not on this system.
  }
}
