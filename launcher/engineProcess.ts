import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import type { EngineExit } from './knownFailures.ts'
import type { LaunchCommand } from './launchCommand.ts'
import type { LogBuffer } from './logBuffer.ts'
import { wait } from './wait.ts'

// A grandchild may hold the pipes open for long; the last lines of the engine itself come at once.
const lastLinesMs = 500

/** The engine's own process; its children are processTree's business. */
export interface EngineProcess {
  pid: number
  /** Undefined while it runs. */
  exit(): EngineExit | undefined
  /** Resolves at the moment of its end; never rejects. */
  died: Promise<void>
  /** Resolves when it has ended and its last lines are in the log; never rejects. */
  exited: Promise<EngineExit>
  /** Lets go of the pipes. */
  release(): void
}

/**
 * Starts the engine in a process group of its own (POSIX), its output going to the log.
 * @throws Error (ENOENT, EACCES …) when the program cannot be started
 */
export async function spawnEngine(
  command: LaunchCommand,
  log: LogBuffer,
  platform: NodeJS.Platform,
): Promise<EngineProcess> {
  const child = spawn(command.file, command.args, {
    cwd: command.workingDirectory,
    env: command.env,
    detached: platform !== 'win32',
    windowsHide: true,
    stdio: [command.hasStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  let ended: EngineExit | undefined
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ending = new Promise<EngineExit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal }
      resolve(ended)
    })
  })
  const exited = ending.then(async (exit) => {
    await Promise.race([closed, wait(lastLinesMs)])
    return exit
  })
  child.stdin?.on('error', () => undefined) // EPIPE when the engine ends first; its exit says more
  connectLog(child, log)
  const pid = await spawned(child)
  if (platform === 'linux') offerToSystem(pid)
  const died = ending.then(() => undefined)
  return { pid, exit: () => ended, died, exited, release: () => release(child) }
}

/**
 * When memory runs out faster than anybody looks, the system picks whom to end: the engine rather than this program or
 * the desktop (proc(5), oom_score_adj: raising one's own needs no right). Its children inherit it.
 */
function offerToSystem(pid: number): void {
  try {
    fs.writeFileSync(`/proc/${pid}/oom_score_adj`, '500')
  } catch {
    // Gone already, or a system that forbids it: then the system chooses as it likes.
  }
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () => {
      child.off('error', reject)
      child.on('error', () => undefined) // a signal that could not be sent; processTree looks for itself
      if (child.pid === undefined) reject(new Error('the engine was started without a process id'))
      else resolve(child.pid)
    })
  })
}

function connectLog(child: ChildProcess, log: LogBuffer): void {
  for (const pipe of [child.stdout, child.stderr]) {
    if (pipe === null) continue
    const stream = log.openStream()
    pipe.on('data', (chunk: Buffer) => stream.write(chunk))
    pipe.on('end', () => stream.end())
    pipe.on('error', () => stream.end())
  }
}

function release(child: ChildProcess): void {
  child.stdin?.destroy()
  child.stdout?.destroy()
  child.stderr?.destroy()
}
