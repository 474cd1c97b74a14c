import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { NodeCommand } from '../launcher/launchCommand.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import { protectionReportSchema } from '../proxy/contract/protection.ts'
import type { ProtectionReport, ProtectionState } from '../proxy/contract/protection.ts'
import type { Logger } from '../proxy/core/logger.ts'
import { toldSchema } from './protection/messages.ts'
import type { Asked, Told } from './protection/messages.ts'

/** The whole run has 3 minutes; putting up the throw-away gate and ending it come on top. */
const LIMIT_MS = 5 * 60_000
const FILE = 'protection.json'

export interface ProtectionRunsOptions {
  readonly dataDirectory: string
  /** The checking process; undefined: this program came without it. */
  readonly entry: string | undefined
  readonly nodeCommand: NodeCommand
  readonly paths: Asked['paths']
  readonly logger: Logger
  readonly limitMs?: number
}

/** Has the gate checked by a process of its own, one at a time, and keeps the newest report in the data folder. */
export class ProtectionRuns {
  readonly #options: ProtectionRunsOptions
  #child: ChildProcess | undefined
  #cutShort: ChildProcess | undefined
  #progress: { done: number; total: number } | undefined
  #report: ProtectionReport | undefined
  #problem: string | null = null

  constructor(options: ProtectionRunsOptions) {
    this.#options = options
    this.#report = readReport(join(options.dataDirectory, FILE))
  }

  describe(): ProtectionState {
    return { running: this.#progress ?? null, report: this.#report ?? null, problem: this.#problem }
  }

  /**
   * Begins; `onEnd` hears of the report.
   * @throws GateError ALREADY_RUNNING, NOT_FOUND when this program came without the check
   */
  start(running: Asked['running'], onEnd: (report: ProtectionReport) => void): void {
    const { entry, nodeCommand, paths, limitMs = LIMIT_MS } = this.#options
    if (entry === undefined) throw new GateError('NOT_FOUND', 'This program came without the check.')
    if (this.#progress !== undefined)
      throw new GateError('ALREADY_RUNNING', 'The protection is being checked just now.')
    const child = spawn(nodeCommand.file, [...nodeCommand.args, entry], {
      env: { ...process.env, ...nodeCommand.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.#child = child
    this.#progress = { done: 0, total: 0 }
    this.#problem = null
    let report: ProtectionReport | undefined
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = readTold(line)
      if (told?.kind === 'report') report = told.report
      else if (told !== undefined) this.#progress = { done: told.done, total: told.total }
    })
    let words = ''
    child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-2_000)))
    child.stdin.on('error', () => undefined)
    child.stdin.write(`${JSON.stringify({ paths, running })}\n`)
    const late = setTimeout(() => child.kill('SIGKILL'), limitMs)
    const end = (): void => {
      if (this.#child !== child) return
      clearTimeout(late)
      this.#child = undefined
      this.#progress = undefined
      if (this.#cutShort === child) return
      this.#end(report, words)
      if (report !== undefined) onEnd(report)
    }
    child.once('error', end)
    child.once('close', end)
  }

  /** Ends a check that runs; it clears away what it made by itself, and what it tried until then is no report. */
  close(): void {
    this.#cutShort = this.#child
    this.#child?.stdin?.end()
  }

  #end(report: ProtectionReport | undefined, words: string): void {
    if (report === undefined) {
      this.#options.logger.warn({ words }, 'the protection could not be checked')
      this.#problem = 'The check came to no end, so it says nothing. Try it again; the log has the details.'
      return
    }
    this.#report = report
    const file = join(this.#options.dataDirectory, FILE)
    try {
      writeFileSync(`${file}.new`, JSON.stringify(report), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the report of the check could not be kept')
    }
  }
}

/** undefined: the checking process, which is under attack, or a library in it printed something else. */
function readTold(line: string): Told | undefined {
  try {
    return toldSchema.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

/** undefined: there is none, or it is of another version. */
function readReport(file: string): ProtectionReport | undefined {
  try {
    return protectionReportSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
