// npm ends at once by SIGTERM, together with the shell it runs scripts in, and lets go of the script itself.

import fs from 'node:fs'
import process from 'node:process'

const POLL_MS = 250

/** The parent of a process and whether that process is the shell of an npm script; undefined where /proc does not say. */
function readProcess(pid) {
  try {
    // The name in parentheses may hold anything, so fields are counted after the last one.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const parentPid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    const [program = '', option] = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return { parentPid, isScriptShell: /(^|\/)(da|ba)?sh$/.test(program) && option === '-c' }
  } catch {
    return undefined // It is gone, or this system has no /proc.
  }
}

/** The process above this one and, when that is npm's shell, npm itself: `12`, or `12<34`. */
function describeParents() {
  const parent = readProcess(process.ppid)
  return parent?.isScriptShell ? `${process.ppid}<${parent.parentPid}` : String(process.ppid)
}

/**
 * When npm started this script and is gone, sends this process SIGTERM, which its child then gets as well. Whoever starts the
 * script without npm, or lets it have no parent from the first, is left alone.
 */
export function endWithNpm() {
  const isFromNpm = process.env.npm_lifecycle_event !== undefined && process.ppid > 1
  if (!isFromNpm || process.platform === 'win32') return
  const atStart = describeParents()
  const timer = setInterval(() => {
    if (describeParents() === atStart) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, POLL_MS)
  timer.unref()
  // Its terminal may go with npm: what cannot be written any more must not cut the orderly end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}
