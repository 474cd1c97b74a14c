import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** One process of this computer. */
export interface ProcessRow {
  pid: number
  parentPid: number
  /** POSIX process group. */
  groupId: number | undefined
  /** Together with the pid it names one process for good. Only compare it; the form differs between systems. */
  startTime: string
  command: string
}

const listTimeoutMs = 20_000
const maxListBytes = 32 * 1024 * 1024

/** The program that lists all processes; on Linux /proc is read instead. */
export function listCommand(
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
): { file: string; args: string[] } | undefined {
  if (platform === 'linux') return undefined
  if (platform !== 'win32') {
    return { file: '/bin/ps', args: ['-axww', '-o', 'pid=,ppid=,pgid=,stat=,lstart=,command='] }
  }
  const root = environment['SystemRoot'] ?? 'C:\\Windows'
  const script = [
    '[Console]::OutputEncoding=[Text.Encoding]::UTF8',
    'Get-CimInstance Win32_Process | Where-Object CreationDate | ForEach-Object {' +
      ' "{0}|{1}|{2}|{3}" -f $_.ProcessId,$_.ParentProcessId,$_.CreationDate.ToFileTimeUtc(),$_.CommandLine }',
  ].join('; ')
  const file = path.win32.join(root, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
  return { file, args: ['-NoProfile', '-NonInteractive', '-Command', script] }
}

/** Reads `listCommand`'s output for macOS (ps with LC_ALL=C). Zombies are left out: they run nothing any more. */
export function parsePs(output: string): ProcessRow[] {
  return output.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+[\d:]+\s+\d{4})\s+(.*)$/.exec(line)
    if (match === null) return []
    const [, pid, parentPid, groupId, stat = '', startTime = '', command = ''] = match
    if (stat.startsWith('Z')) return []
    return [
      {
        pid: Number(pid),
        parentPid: Number(parentPid),
        groupId: Number(groupId),
        startTime: startTime.replace(/\s+/g, ' '),
        command,
      },
    ]
  })
}

/** Reads `listCommand`'s output for Windows. */
export function parseWindowsList(output: string): ProcessRow[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const match = /^(\d+)\|(\d+)\|(\d+)\|(.*)$/.exec(line)
    if (match === null) return []
    const [, pid, parentPid, startTime = '', command = ''] = match
    return [{ pid: Number(pid), parentPid: Number(parentPid), groupId: undefined, startTime, command }]
  })
}

/** Reads /proc/<pid>/stat; undefined for a zombie. The command name in brackets may hold brackets and blanks itself. */
export function parseProcStat(text: string): { parentPid: number; groupId: number; startTicks: string } | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parentPid, groupId] = fields
  const startTicks = fields[19]
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined
  return { parentPid: Number(parentPid), groupId: Number(groupId), startTicks }
}

/** All living processes of this computer that we may see. */
export async function listProcesses(platform: NodeJS.Platform): Promise<ProcessRow[]> {
  const command = listCommand(platform, process.env)
  if (command === undefined) return listLinuxProcesses()
  const output = await run(command.file, command.args)
  return platform === 'win32' ? parseWindowsList(output) : parsePs(output)
}

/** Linux: the processes whose environment holds this text, whatever group or parent they have by now. */
export function findMarkedProcesses(platform: NodeJS.Platform, marker: string): Set<number> {
  if (platform !== 'linux') return new Set()
  const isMarked = (pid: number): boolean => readProc(pid, 'environ').split('\0').includes(marker)
  return new Set(linuxPids().filter(isMarked))
}

function listLinuxProcesses(): ProcessRow[] {
  // Ticks count from the boot: without the boot's id a pid file could match after a restart of the computer.
  const bootId = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return linuxPids().flatMap((pid) => {
    const stat = parseProcStat(readProc(pid, 'stat'))
    if (stat === undefined) return []
    const { parentPid, groupId, startTicks } = stat
    const command = readProc(pid, 'cmdline').split('\0').join(' ').trim()
    return [{ pid, parentPid, groupId, startTime: `${bootId}/${startTicks}`, command }]
  })
}

function linuxPids(): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function readProc(pid: number, name: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // Gone meanwhile, or another account's: neither is ours.
    return ''
  }
}

function run(file: string, args: readonly string[]): Promise<string> {
  const options = {
    timeout: listTimeoutMs,
    maxBuffer: maxListBytes,
    windowsHide: true,
    env: { ...process.env, LC_ALL: 'C' },
  }
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${file} could not list the processes`, { cause: error }))
    })
  })
}
