import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildProcesses } from './childProcesses.ts'
import { findFreePort } from './freePort.ts'

export interface ComfyuiChoice {
  readonly directory: string
  readonly python: string
}

/** An engine without a gate in front of it. */
export interface DirectEngine {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
}

const READY_MS = 180_000

/** `COMFYUI_DIR` and `COMFYUI_PYTHON`. @throws Error in words when they lead nowhere */
export function findComfyui(environment: NodeJS.ProcessEnv): ComfyuiChoice | undefined {
  const directory = environment['COMFYUI_DIR']
  if (directory === undefined || directory === '') return undefined
  if (!existsSync(join(directory, 'main.py')))
    throw new Error(`${directory} is not a ComfyUI folder: it has no main.py.`)
  const below = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
  const candidates = ['venv', '.venv'].map((name) => join(directory, name, ...below))
  const python = environment['COMFYUI_PYTHON'] ?? candidates.find((file) => existsSync(file))
  if (python === undefined) throw new Error('Set COMFYUI_PYTHON to the Python that runs this ComfyUI.')
  return { directory, python }
}

/** Folders of this run: the owner's own stay as they are. */
export function comfyuiArguments(directory: string): readonly string[] {
  return [
    '--cpu',
    ...['output', 'input', 'temp', 'user'].flatMap((name) => {
      const folder = join(directory, name)
      mkdirSync(folder, { recursive: true })
      return [`--${name}-directory`, folder]
    }),
  ]
}

/** ComfyUI as its owner would start it, without gate and companion. */
export async function startPlainComfyui(
  children: ChildProcesses,
  choice: ComfyuiChoice,
  directory: string,
): Promise<DirectEngine> {
  const port = await findFreePort()
  const started = children.start({
    name: 'ComfyUI',
    file: choice.python,
    args: [
      'main.py',
      ...comfyuiArguments(directory),
      '--listen',
      '127.0.0.1',
      '--port',
      String(port),
      '--disable-auto-launch',
    ],
    cwd: choice.directory,
  })
  await started.waitUntil(() => answersQueue(port, {}), READY_MS)
  return { port, headers: {} }
}

export async function startPlainPractice(
  children: ChildProcesses,
  node: string,
  entry: string,
  directory: string,
): Promise<DirectEngine> {
  const port = await findFreePort()
  const secret = randomBytes(32).toString('hex')
  mkdirSync(directory, { recursive: true })
  const started = children.start({
    name: 'practice engine',
    file: node,
    args: [entry, '--port', String(port), '--base-directory', directory],
    environment: { GATEHOUSE_SECRET: secret },
  })
  const headers = { 'x-gatehouse-secret': secret }
  await started.waitUntil(() => answersQueue(port, headers), READY_MS)
  const user = 'benchuser0000000'
  const folders = { inputDirectory: null, outputDirectory: null, tempDirectory: null, userdataDirectory: null }
  const url = `http://127.0.0.1:${port}/gatehouse/companion/users/${user}`
  await fetch(url, { method: 'PUT', headers, body: JSON.stringify(folders) })
  return { port, headers: { ...headers, 'x-gatehouse-user': user } }
}

async function answersQueue(port: number, headers: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/queue`, { headers, signal: AbortSignal.timeout(5_000) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    // Not listening yet.
    return false
  }
}
