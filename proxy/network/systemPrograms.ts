import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What reading the network and the firewall asks of the system; undefined: it did not answer, or may not. */
export interface NetworkSystem {
  readonly platform: NodeJS.Platform
  /** A small text file of the system's. */
  readFile(path: string): Promise<string | undefined>
  /** What a program printed to stdout, whatever its exit code; undefined when it could not run or printed nothing. */
  run(
    program: string,
    args: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ): Promise<string | undefined>
}

const TIMEOUT_MS = 10_000
const MAX_OUTPUT_BYTES = 1024 * 1024
/** Where the system keeps them: a program of the same name in a folder of somebody else's must not be run. */
const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

/** The system this program runs on. Programs get the system's own path, English words and ten seconds. */
export function createNetworkSystem(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): NetworkSystem {
  return {
    platform,
    readFile: (path) => readFile(path, 'utf8').catch(() => undefined),
    run: (program, args, variables = {}) =>
      new Promise((resolve) => {
        const env = platform === 'win32' ? { ...environment } : { PATH: SYSTEM_PATH, LC_ALL: 'C' }
        const options = {
          timeout: TIMEOUT_MS,
          maxBuffer: MAX_OUTPUT_BYTES,
          windowsHide: true,
          env: { ...env, ...variables },
        }
        execFile(program, [...args], options, (_error, stdout) => resolve(stdout === '' ? undefined : stdout))
      }),
  }
}

/** Windows' own PowerShell, by its full path; `script` sees variables as `$env:NAME`, so nothing has to be quoted. */
export function runPowerShell(
  system: NetworkSystem,
  script: string,
  variables?: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const root = process.env['SystemRoot'] ?? 'C:\\Windows'
  const program = join(root, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
  const encoded = Buffer.from(script, 'utf16le').toString('base64')
  return system.run(program, ['-NoProfile', '-NonInteractive', '-EncodedCommand', encoded], variables)
}
