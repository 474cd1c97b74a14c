import { spawn } from 'node:child_process'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { explainPipFailure, FrontendInstallError } from './frontendInstallError.ts'

const POLL_MS = 200
const DEADLINE_MS = 15 * 60_000
const MAX_OUTPUT = 16_384

/** How to start a Python. */
export interface PythonCommand {
  readonly file: string
  readonly args?: readonly string[]
}

export interface DownloadOptions {
  /** As pip takes it, with an exact version. */
  readonly requirement: string
  readonly expectedBytes: number
  /** An own, empty folder; the wheel ends below it. */
  readonly workDirectory: string
  readonly pythons: readonly PythonCommand[]
  readonly onFraction: (fraction: number) => void
  readonly signal: AbortSignal | undefined
}

/** Where a Python usually is. */
export function listPythons(platform: NodeJS.Platform): PythonCommand[] {
  if (platform === 'win32') return [{ file: 'py', args: ['-3'] }, { file: 'python' }]
  return [{ file: 'python3' }, { file: 'python' }]
}

/**
 * Downloads one wheel with the first Python that has pip. Progress is measured as bytes in the folder, which works with
 * every version of pip. @returns the wheel's path. @throws FrontendInstallError
 */
export async function downloadWheel(options: DownloadOptions): Promise<string> {
  const temporary = join(options.workDirectory, 'tmp')
  const destination = join(options.workDirectory, 'wheel')
  await mkdir(temporary)
  await mkdir(destination)
  const noPython = 'Python was not found. Install Python 3.9 or newer, then try again.'
  let failure = new FrontendInstallError('noPython', noPython, '')
  for (const python of options.pythons) {
    try {
      await withProgress(options, () => runPip(python, { ...options, temporary, destination }))
      return await findWheel(destination)
    } catch (error) {
      if (!(error instanceof FrontendInstallError)) throw error
      if (error.reason !== 'noPython' && error.reason !== 'noPip') throw error
      // "No pip" tells the owner more than "no Python" of the next candidate.
      if (failure.reason === 'noPython') failure = error
    }
  }
  throw failure
}

async function findWheel(directory: string): Promise<string> {
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'))
  if (wheel === undefined) throw new FrontendInstallError('failed', 'pip ended without a file.', '')
  return join(directory, wheel)
}

interface PipRun extends DownloadOptions {
  readonly temporary: string
  readonly destination: string
}

/** --only-binary: a source package would run its own code while it is downloaded. */
function toPipArguments(run: PipRun): string[] {
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off']
  return [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary',
    ':all:',
    ...quiet,
    '--dest',
    run.destination,
    run.requirement,
  ]
}

function toPipEnvironment(temporary: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GATEHOUSE_'))
  return {
    ...Object.fromEntries(inherited),
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    // Only about installing; nothing is installed here.
    PIP_REQUIRE_VIRTUALENV: 'false',
    PYTHONIOENCODING: 'utf-8',
    LC_ALL: 'C.UTF-8',
  }
}

function runPip(python: PythonCommand, run: PipRun): Promise<void> {
  return new Promise((resolve, reject) => {
    if (run.signal?.aborted) {
      reject(cancelled())
      return
    }
    const child = spawn(python.file, [...(python.args ?? []), ...toPipArguments(run)], {
      cwd: run.workDirectory,
      env: toPipEnvironment(run.temporary),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const stop = (): void => void child.kill('SIGKILL')
    run.signal?.addEventListener('abort', stop)
    const deadline = setTimeout(stop, DEADLINE_MS)
    const finish = (error: FrontendInstallError | undefined): void => {
      clearTimeout(deadline)
      run.signal?.removeEventListener('abort', stop)
      if (run.signal?.aborted) reject(cancelled())
      else if (error) reject(error)
      else resolve()
    }
    child.on('error', () => finish(new FrontendInstallError('noPython', `${python.file} could not be started.`, '')))
    child.on('close', (code) => finish(code === 0 ? undefined : explainPipFailure(output)))
  })
}

function cancelled(): FrontendInstallError {
  return new FrontendInstallError('cancelled', 'The download was cancelled.', '')
}

async function withProgress(options: DownloadOptions, work: () => Promise<void>): Promise<void> {
  let isMeasuring = false
  const measure = async (): Promise<void> => {
    if (isMeasuring) return
    isMeasuring = true
    const bytes = await largestFile(options.workDirectory)
    options.onFraction(Math.min(1, bytes / options.expectedBytes))
    isMeasuring = false
  }
  options.onFraction(0)
  const timer = setInterval(() => void measure(), POLL_MS)
  try {
    await work()
    options.onFraction(1)
  } finally {
    clearInterval(timer)
  }
}

/** The wheel is by far the largest file, first in pip's temporary folder and then at its destination. */
async function largestFile(directory: string): Promise<number> {
  let largest = 0
  try {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      const bytes = entry.isDirectory() ? await largestFile(path) : (await stat(path)).size
      largest = Math.max(largest, bytes)
    }
  } catch {
    // pip moved something away in between: the next look will tell.
  }
  return largest
}
