import { readdirSync, readFileSync } from 'node:fs'

/** What Linux tells about a process in /proc; undefined on other systems and when the process is gone. */
export interface ProcessMemory {
  readonly residentMb: number
  /** The most it ever was. */
  readonly peakMb: number
}

const USER_HZ = 100

/**
 * CPU time of all threads in microseconds. `schedstat` counts nanoseconds on the CPU; where the kernel has none, ticks
 * of 10 ms. A thread that ended in between is missed by the first, so threads should last.
 */
export function findCpuUs(pid: number): number | undefined {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`)
      .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((sum, value) => sum + value, 0)
    return nanoseconds / 1000
  } catch {
    return findCpuUsByTicks(pid)
  }
}

function findCpuUsByTicks(pid: number): number | undefined {
  try {
    // The command's name may hold spaces and brackets; what follows its last bracket does not.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / USER_HZ
  } catch {
    return undefined
  }
}

export function findMemory(pid: number): ProcessMemory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1000
    return { residentMb: read('VmRSS'), peakMb: read('VmHWM') }
  } catch {
    return undefined
  }
}

export function findChildren(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
