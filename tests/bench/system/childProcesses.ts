import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

const LAST_LINES = 30

export interface StartOptions {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** How long it has for ending by itself after SIGTERM. */
  readonly endMs?: number
}

export interface StartedProcess {
  readonly name: string
  readonly pid: number
  /** What it said last, for the error that names it. */
  lastLines(): string
  /** The first line of stdout that `read` gives something for. @throws Error when it ends or says nothing in time */
  waitForLine<Value>(read: (line: string) => Value | undefined, timeoutMs: number): Promise<Value>
  /** @throws Error when the process ends, or `isReady` stays false, in time */
  waitUntil(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void>
  end(): Promise<void>
}

/** Every process of a run; whatever happens, each is ended, by its own pid. */
export class ChildProcesses {
  readonly #started: RunningChild[] = []

  start(options: StartOptions): StartedProcess {
    const child = new RunningChild(options)
    this.#started.push(child)
    return child
  }

  /** The newest first: what uses another one ends before it. */
  async endAll(): Promise<void> {
    for (const child of [...this.#started].reverse()) await child.end()
  }
}

class RunningChild implements StartedProcess {
  readonly name: string
  readonly pid: number
  readonly #child: ChildProcess
  readonly #endMs: number
  readonly #lines: string[] = []
  readonly #lineListeners = new Set<(line: string) => void>()
  readonly #ended: Promise<void>
  #isEnded = false

  constructor({ name, file, args, environment, cwd, endMs = 10_000 }: StartOptions) {
    this.name = name
    this.#endMs = endMs
    const child = spawn(file, [...args], {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isEnded = true
        resolve()
      }
      child.once('exit', end)
      child.once('error', (error) => {
        this.#remember(error.message)
        end()
      })
    })
    this.pid = child.pid ?? 0
    createInterface({ input: child.stderr }).on('line', (line) => this.#remember(line))
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#remember(line)
      for (const listener of this.#lineListeners) listener(line)
    })
  }

  lastLines(): string {
    return this.#lines.join('\n')
  }

  async waitForLine<Value>(read: (line: string) => Value | undefined, timeoutMs: number): Promise<Value> {
    let found: Value | undefined
    const listener = (line: string): void => {
      found ??= read(line)
    }
    this.#lineListeners.add(listener)
    try {
      await this.waitUntil(() => Promise.resolve(found !== undefined), timeoutMs)
    } finally {
      this.#lineListeners.delete(listener)
    }
    if (found === undefined) throw new TypeError('a line was found and lost')
    return found
  }

  async waitUntil(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!(await isReady())) {
      if (this.#isEnded) throw new Error(`${this.name} ended before it was ready:\n${this.lastLines()}`)
      if (Date.now() > deadline) throw new Error(`${this.name} was not ready in time:\n${this.lastLines()}`)
      await wait(20)
    }
  }

  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), this.#endMs)
    await this.#ended
    clearTimeout(late)
  }

  #remember(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > LAST_LINES) this.#lines.shift()
  }
}
