import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { cleanEnvironment, nodeFile, repositoryRoot } from './desktopRuntime.ts'

const cliFile = join(repositoryRoot, 'dist', 'cli.cjs')

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `gatehouse …` to its end. @throws Error with its stderr when it refuses */
export async function runCli(dataDirectory: string, args: readonly string[], input = ''): Promise<CliResult> {
  const child = spawn(nodeFile, [cliFile, ...args, '--data-dir', dataDirectory], { env: cleanEnvironment() })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`gatehouse ${args.join(' ')} ended with ${code}: ${stderr}`)
  return { code, stdout, stderr }
}

/** `gatehouse serve`, started; the caller ends it. */
export function startServe(dataDirectory: string, args: readonly string[]) {
  return spawn(nodeFile, [cliFile, 'serve', '--data-dir', dataDirectory, ...args], { env: cleanEnvironment() })
}
