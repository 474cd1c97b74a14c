import { execFile, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ask } from './httpClient.ts'

const run = promisify(execFile)
const isWindows = process.platform === 'win32'

export interface AiohttpUpstream {
  readonly port: number
  /** What was executed since the last time, as `METHOD target`. */
  takeExecuted(): Promise<readonly string[]>
  close(): Promise<void>
}

const hasAiohttp = async (python: string): Promise<boolean> => {
  try {
    await run(python, ['-c', 'import aiohttp'])
    return true
  } catch {
    // No such program, or one without the package: the next candidate is asked.
    return false
  }
}

/**
 * A Python that has aiohttp: $COMFYUI_PYTHON, the system's, or an environment of our own that is made once in the
 * user's cache folder. @throws Error naming what to install when none of that works
 */
export async function findAiohttpPython(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const environment = join(cache, 'gatehouse-tests', 'aiohttp')
  const ownPython = join(environment, isWindows ? 'Scripts/python.exe' : 'bin/python')
  const candidates = [process.env['COMFYUI_PYTHON'], ownPython, 'python3', 'python'].flatMap((name) => name ?? [])
  for (const python of candidates) if (await hasAiohttp(python)) return python
  const base = isWindows ? 'python' : 'python3'
  try {
    // --clear: without ensurepip (Debian's python3-venv) the first try leaves a Python without pip behind.
    await run(base, ['-m', 'venv', '--clear', environment])
    await run(ownPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'aiohttp'])
  } catch (error) {
    throw new Error('the framing tests need Python with aiohttp: install python3-venv, or python3-aiohttp', {
      cause: error,
    })
  }
  return ownPython
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export async function startAiohttpUpstream(): Promise<AiohttpUpstream> {
  const python = await findAiohttpPython()
  const port = await findFreePort()
  const script = join(import.meta.dirname, 'aiohttpUpstream.py')
  const child = spawn(python, [script, String(port)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const ended = new Promise<never>((_resolve, reject) =>
    child.once('exit', () => reject(new Error(`aiohttp ended: ${Buffer.concat(errors).toString()}`))),
  )
  ended.catch(() => undefined)
  await Promise.race([waitForPort(port), ended])
  return {
    port,
    takeExecuted: async () => {
      const answer = await ask(port, '/__seen')
      return (answer.json() as { method: string; target: string }[]).map(({ method, target }) => `${method} ${target}`)
    },
    close: async () => {
      child.kill('SIGKILL')
      await ended.catch(() => undefined)
    },
  }
}

async function waitForPort(port: number): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      await ask(port, '/__seen')
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
