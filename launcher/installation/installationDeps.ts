import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { inheritableEnvironment } from '../childEnvironment.ts'

/** What looking for and at installations needs of the computer. */
export interface InstallationDeps {
  platform: NodeJS.Platform
  homeDirectory: string
  environment: Readonly<Record<string, string | undefined>>
  isFile(filePath: string): boolean
  isDirectory(filePath: string): boolean
  /** Undefined where there is no such file. */
  readText(filePath: string): string | undefined
  /** Runs a program to its end. Rejects when it cannot be started, takes too long or fails. */
  run(file: string, args: readonly string[], options: { workingDirectory: string; timeoutMs: number }): Promise<string>
}

const maxTextBytes = 1024 * 1024

/** The real computer. */
export function systemInstallationDeps(): InstallationDeps {
  return {
    platform: process.platform,
    homeDirectory: os.homedir(),
    environment: process.env,
    isFile: (filePath) => fs.statSync(filePath, { throwIfNoEntry: false })?.isFile() ?? false,
    isDirectory: (filePath) => fs.statSync(filePath, { throwIfNoEntry: false })?.isDirectory() ?? false,
    readText: readShortFile,
    run: runProgram,
  }
}

function readShortFile(filePath: string): string | undefined {
  try {
    if (fs.statSync(filePath).size > maxTextBytes) return undefined
    return fs.readFileSync(filePath, 'utf8')
  } catch {
    // Missing or not for us to read: both mean that we cannot use it.
    return undefined
  }
}

function runProgram(
  file: string,
  args: readonly string[],
  { workingDirectory, timeoutMs }: { workingDirectory: string; timeoutMs: number },
): Promise<string> {
  const env = { ...inheritableEnvironment(process.env, process.platform), PYTHONIOENCODING: 'utf-8' }
  const options = { cwd: workingDirectory, timeout: timeoutMs, killSignal: 'SIGKILL', windowsHide: true, env } as const
  return new Promise((resolve, reject) => {
    execFile(file, [...args], options, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${file} failed`, { cause: error }))
    })
  })
}
