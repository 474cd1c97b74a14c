import { constants } from 'node:os'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import { WorkerPool } from '../core/workerPool.ts'
import type { WorkerCommand } from '../core/workerProcess.ts'
import { AccountTurns } from '../pipeline/accountTurns.ts'
import { pictureAnswerSchema } from './pictureProtocol.ts'
import type { PictureAnswer, PictureTask } from './pictureProtocol.ts'

export interface PictureWorkersOptions {
  readonly command: WorkerCommand
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
  readonly #pool: WorkerPool<PictureTask, PictureAnswer>
  #running = 0
  #isUnavailable = false
  #isClosed = false

  constructor(options: PictureWorkersOptions) {
    this.#options = options
    const { command, logger, idleMs = IDLE_MS, maxMemoryMiB = MAX_MEMORY_MIB, isPatient } = options
    this.#pool = new WorkerPool({
      command,
      nodeArguments: [`--max-old-space-size=${MAX_HEAP_MIB}`],
      workerArguments: [String(maxMemoryMiB)],
      // Jobs go first.
      ...(isPatient === true ? { priority: constants.priority.PRIORITY_BELOW_NORMAL } : {}),
      idleMs,
      maxTasks: MAX_PICTURES,
      parse: (message) => pictureAnswerSchema.safeParse(message).data,
      onFault: (error) => logger.warn({ err: error }, 'the process for previews failed'),
    })
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
    this.#pool.end()
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
    const answer = await this.#pool.ask(task, this.#options.deadlineMs ?? DEADLINE_MS)
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
}
