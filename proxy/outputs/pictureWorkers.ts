import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { parse } from 'node:path'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import { AccountTurns } from '../pipeline/accountTurns.ts'
import { pictureAnswerSchema } from './pictureProtocol.ts'
import type { PictureAnswer, PictureTask } from './pictureProtocol.ts'

/** How to run the worker's file with Node. */
export interface PictureWorkerCommand {
  readonly file: string
  readonly args: readonly string[]
  /** Added to an empty environment. */
  readonly env: Readonly<Record<string, string>>
  readonly entry: string
}

export interface PictureWorkersOptions {
  readonly command: PictureWorkerCommand
  readonly logger: Logger
  /** At the same time, each in a process of its own. */
  readonly width: number
  readonly deadlineMs?: number
  /** Of one process, all in all. */
  readonly maxMemoryMiB?: number
  readonly maxWaiting?: number
  /** Runs when the computer has nothing better to do: nobody waits for these pictures. */
  readonly isPatient?: boolean
  /** An idle process ends after this time. */
  readonly idleMs?: number
}

/** Whom a picture is for. */
export interface Asker {
  readonly accountId: string
  /** Aborted when nobody waits for it any more. */
  readonly gone: AbortSignal
}

/** So that nobody's pictures fill the line: of one person, two at once. */
const TURNS = { perAccount: 2, overall: 64, maxWaiting: 128, waitMs: 60_000 }
const DEADLINE_MS = 5_000
const MAX_WAITING = 256
const IDLE_MS = 30_000
const MAX_MEMORY_MIB = 1024
const MAX_HEAP_MIB = 128
/** A decoder that was fed something is not kept for ever. */
const MAX_PICTURES = 200

export const unreadable = (): GateError => new GateError('UNSUPPORTED_MEDIA_TYPE', 'There is no preview of this file.')
const noDecoder = (): GateError => new GateError('NOT_FOUND', 'This computer makes no previews.')
const busy = (): GateError =>
  new GateError('RATE_LIMITED', 'Many previews are being made just now. Try again in a moment.', {
    details: { retryAfterSeconds: 2 },
  })

interface Waiting {
  readonly load: () => Promise<PictureTask>
  readonly resolve: (bytes: Buffer) => void
  readonly reject: (error: unknown) => void
}

const gone = (): GateError => new GateError('RATE_LIMITED', 'Nobody waits for this any more.')

/** Has pictures decoded by processes that are given no secret. A few at once, person after person. */
export class PictureWorkers {
  readonly #options: PictureWorkersOptions
  readonly #turns = new AccountTurns(TURNS)
  readonly #waiting: Waiting[] = []
  readonly #idle: PictureProcess[] = []
  readonly #all = new Set<PictureProcess>()
  #running = 0
  #isUnavailable = false
  #isClosed = false

  constructor(options: PictureWorkersOptions) {
    this.#options = options
  }

  /**
   * `load` is called when it is this picture's turn, so that waiting holds no bytes, and never for who went away.
   * @throws GateError UNSUPPORTED_MEDIA_TYPE for what is no picture, or takes too long or too much memory; RATE_LIMITED
   * when too many wait, TOO_MANY_CONNECTIONS when too many of this person do; NOT_FOUND where no picture can be decoded;
   * and what `load` throws
   */
  async run(load: () => Promise<PictureTask>, asker?: Asker): Promise<Buffer> {
    if (asker === undefined) return this.#wait(load)
    if (asker.gone.aborted) throw gone()
    const giveBack = await this.#turns.take(asker.accountId, asker.gone)
    try {
      return await this.#wait(() => (asker.gone.aborted ? Promise.reject(gone()) : load()))
    } finally {
      giveBack()
    }
  }

  async #wait(load: () => Promise<PictureTask>): Promise<Buffer> {
    if (this.#isUnavailable || this.#isClosed) throw noDecoder()
    if (this.#waiting.length >= (this.#options.maxWaiting ?? MAX_WAITING)) throw busy()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ load, resolve, reject })
      this.#pump()
    })
  }

  /** Ends the processes; whoever waits is refused. May be called more than once. */
  close(): void {
    this.#isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(noDecoder())
    for (const process of this.#all) process.end()
  }

  #pump(): void {
    while (this.#running < this.#options.width) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#running += 1
      this.#serve(next)
        .then(next.resolve, next.reject)
        .finally(() => {
          this.#running -= 1
          this.#pump()
        })
    }
  }

  async #serve({ load }: Waiting): Promise<Buffer> {
    const task = await load()
    if (this.#isUnavailable || this.#isClosed) throw noDecoder()
    const process = this.#idle.pop() ?? this.#start()
    const answer = await process.ask(task, this.#options.deadlineMs ?? DEADLINE_MS)
    if (process.isAlive) this.#idle.push(process)
    switch (answer?.kind) {
      case 'done':
        return Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.byteLength)
      case 'unavailable':
        this.#isUnavailable = true
        this.#options.logger.warn({}, 'pictures cannot be decoded on this computer, so there are no previews')
        throw noDecoder()
      case 'refused':
      case undefined:
        throw unreadable()
    }
  }

  #start(): PictureProcess {
    const started: PictureProcess = new PictureProcess(this.#options, () => {
      this.#all.delete(started)
      const at = this.#idle.indexOf(started)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    this.#all.add(started)
    return started
  }
}

/** One process, one picture at a time. */
class PictureProcess {
  readonly #child: ChildProcess
  readonly #idleMs: number
  readonly #onEnd: () => void
  #lastId = 0
  #isAlive = true
  #answered: ((answer: PictureAnswer | undefined) => void) | undefined
  #idleTimer: NodeJS.Timeout | undefined

  constructor(options: PictureWorkersOptions, onEnd: () => void) {
    const { command, logger, idleMs = IDLE_MS, maxMemoryMiB = MAX_MEMORY_MIB } = options
    this.#idleMs = idleMs
    this.#onEnd = onEnd
    const args = [...command.args, `--max-old-space-size=${MAX_HEAP_MIB}`, command.entry, String(maxMemoryMiB)]
    this.#child = spawn(command.file, args, {
      cwd: parse(process.execPath).root,
      env: { ...neededEnvironment(), ...command.env },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
    })
    if (options.isPatient === true) lowerPriority(this.#child.pid)
    // It ends with this program, and does not keep it from ending.
    this.#child.unref()
    this.#child.channel?.unref()
    this.#child.on('message', (message: unknown) => this.#settle(message))
    this.#child.on('error', (error) => {
      logger.warn({ err: error }, 'the process for previews failed')
      this.#ended()
    })
    this.#child.on('exit', () => this.#ended())
    this.#child.on('disconnect', () => this.end())
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** undefined: it ended over this picture, or had to be ended because it took too long. */
  async ask(task: PictureTask, deadlineMs: number): Promise<PictureAnswer | undefined> {
    clearTimeout(this.#idleTimer)
    const id = (this.#lastId += 1)
    let deadline: NodeJS.Timeout | undefined
    const answer = await new Promise<PictureAnswer | undefined>((resolve) => {
      this.#answered = resolve
      deadline = setTimeout(() => this.end(), deadlineMs)
      this.#child.send({ ...task, id }, (error) => {
        if (error !== null) this.end()
      })
    })
    clearTimeout(deadline)
    this.#answered = undefined
    if (answer?.id !== id || id >= MAX_PICTURES) this.end()
    if (answer?.id !== id) return undefined
    if (this.#isAlive) this.#idleTimer = setTimeout(() => this.end(), this.#idleMs).unref()
    return answer
  }

  /** A decoder that hangs does not listen to anything milder. */
  end(): void {
    this.#child.kill('SIGKILL')
    this.#ended()
  }

  #settle(message: unknown): void {
    const parsed = pictureAnswerSchema.safeParse(message)
    if (parsed.success) this.#answered?.(parsed.data)
    else this.end()
  }

  #ended(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    clearTimeout(this.#idleTimer)
    this.#answered?.(undefined)
    this.#onEnd()
  }
}

/** Jobs go first. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It has ended already, or the system does not allow it: it works as well.
  }
}

/** Windows starts no process without it. */
function neededEnvironment(): Record<string, string> {
  const root = process.platform === 'win32' ? process.env['SystemRoot'] : undefined
  return root === undefined ? {} : { SystemRoot: root }
}
