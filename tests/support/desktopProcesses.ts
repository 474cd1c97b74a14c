import { readdirSync, readFileSync } from 'node:fs'

/** A process of /proc, as much as the tests look at. */
export interface ProcessEntry {
  readonly pid: number
  readonly parentPid: number
  readonly commandLine: string
}

function readEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name is in brackets and may hold anything; the fields after it are state and parent.
    const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z') return undefined
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return { pid, parentPid: Number(parentPid), commandLine }
  } catch {
    // It ended meanwhile.
    return undefined
  }
}

export function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readEntry(Number(name)) ?? [])
}

/** A process is alive when it exists and is no zombie. */
export function isAlive(pid: number): boolean {
  return readEntry(pid) !== undefined
}

/** Every process below `pid`, and itself. */
export function processTree(pid: number): ProcessEntry[] {
  const all = listProcesses()
  const collect = (parent: number): ProcessEntry[] =>
    all.filter((entry) => entry.parentPid === parent).flatMap((entry) => [entry, ...collect(entry.pid)])
  return [...all.filter((entry) => entry.pid === pid), ...collect(pid)]
}

/** A variable of a process's environment, which only its own account can read. */
export function readEnvironmentVariable(pid: number, name: string): string | undefined {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1)
  } catch {
    // It ended meanwhile.
    return undefined
  }
}
