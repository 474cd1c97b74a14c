import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { setPriority } from 'node:os'
import { parse } from 'node:path'

/** How to run a worker's file with Node. */
export interface WorkerCommand {
  readonly file: string
  readonly args: readonly string[]
  /** Added to an empty environment. */
  readonly env: Readonly<Record<string, string>>
  readonly entry: string
}

export interface WorkerProcessOptions<Answer> {
  readonly command: WorkerCommand
  readonly nodeArguments: readonly string[]
  readonly workerArguments: readonly string[]
  /** One of `os.constants.priority`; left out: as this program. */
  readonly priority?: number
  /** The process ends after so much time without a task, and after so many tasks. */
  readonly idleMs: number
  readonly maxTasks: number
  /** An answer as the worker sent it; undefined: that is none, and the process is ended. */
  readonly parse: (message: unknown) => Answer | undefined
  readonly onFault: (error: Error) => void
  readonly onEnd: () => void
}

/** A process of ours that is given one task at a time, and neither this environment nor a file of ours. */
export class WorkerProcess<Task extends object, Answer extends { readonly id: number }> {
  readonly #options: WorkerProcessOptions<Answer>
  readonly #child: ChildProcess
  #lastId = 0
  #isAlive = true
  #answered: ((answer: Answer | undefined) => void) | undefined
  #idleTimer: NodeJS.Timeout | undefined

  constructor(options: WorkerProcessOptions<Answer>) {
    this.#options = options
    const { command, nodeArguments, workerArguments } = options
    this.#child = spawn(command.file, [...command.args, ...nodeArguments, command.entry, ...workerArguments], {
      cwd: parse(process.execPath).root,
      env: { ...neededEnvironment(), ...command.env },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
    })
    if (options.priority !== undefined) changePriority(this.#child.pid, options.priority)
    // It ends with this program, and does not keep it from ending.
    this.#child.unref()
    this.#child.channel?.unref()
    this.#child.on('message', (message: unknown) => this.#settle(message))
    this.#child.on('error', (error) => {
      options.onFault(error)
      this.#ended()
    })
    this.#child.on('exit', () => this.#ended())
    this.#child.on('disconnect', () => this.end())
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** undefined: it ended over this task, or had to be ended because it took too long. */
  async ask(task: Task, deadlineMs: number): Promise<Answer | undefined> {
    clearTimeout(this.#idleTimer)
    const id = (this.#lastId += 1)
    let deadline: NodeJS.Timeout | undefined
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#answered = resolve
      if (!this.#isAlive) {
        resolve(undefined)
        return
      }
      deadline = setTimeout(() => this.end(), deadlineMs)
      this.#child.send({ ...task, id }, (error) => {
        if (error !== null) this.end()
      })
    })
    clearTimeout(deadline)
    this.#answered = undefined
    if (answer?.id !== id || id >= this.#options.maxTasks) this.end()
    if (answer?.id !== id) return undefined
    if (this.#isAlive) this.#idleTimer = setTimeout(() => this.end(), this.#options.idleMs).unref()
    return answer
  }

  /** What hangs does not listen to anything milder. */
  end(): void {
    this.#child.kill('SIGKILL')
    this.#ended()
  }

  #settle(message: unknown): void {
    const answer = this.#options.parse(message)
    if (answer === undefined) this.end()
    else this.#answered?.(answer)
  }

  #ended(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    clearTimeout(this.#idleTimer)
    this.#answered?.(undefined)
    this.#options.onEnd()
  }
}

function changePriority(pid: number | undefined, priority: number): void {
  try {
    if (pid !== undefined) setPriority(pid, priority)
  } catch {
    // It has ended already, or the system does not allow it: it works as well.
  }
}

/** Windows starts no process without it. */
function neededEnvironment(): Record<string, string> {
  const root = process.platform === 'win32' ? process.env['SystemRoot'] : undefined
  return root === undefined ? {} : { SystemRoot: root }
}
