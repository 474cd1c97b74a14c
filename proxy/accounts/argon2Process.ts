import { constants } from 'node:os'
import type { Logger } from '../core/logger.ts'
import { WorkerPool } from '../core/workerPool.ts'
import type { WorkerCommand } from '../core/workerProcess.ts'
import { hashAnswerSchema } from './hashProtocol.ts'
import type { HashAnswer, HashTask } from './hashProtocol.ts'
import { systemArgon2 } from './passwordHasher.ts'
import type { Argon2, Argon2Parameters } from './passwordHasher.ts'

/** Some hundred times what a hash takes: at a low priority it may have to wait for everything else. */
const DEADLINE_MS = 30_000
const IDLE_MS = 60_000
const MAX_HEAP_MIB = 64
/** More than any password's work; one process is as good as the next. */
const MAX_TASKS = 1_000_000

/**
 * argon2id in processes of their own, behind everything else in line for the processor, which end when nobody signs in
 * for a minute: whoever signs in again and again takes time and memory of nobody else. Where no process can be started it is done here.
 */
export class Argon2Process implements Argon2 {
  readonly #pool: WorkerPool<HashTask, HashAnswer>

  constructor(command: WorkerCommand, logger: Logger) {
    this.#pool = new WorkerPool({
      command,
      nodeArguments: [`--max-old-space-size=${MAX_HEAP_MIB}`],
      workerArguments: [],
      priority: constants.priority.PRIORITY_BELOW_NORMAL,
      idleMs: IDLE_MS,
      maxTasks: MAX_TASKS,
      parse: (message) => hashAnswerSchema.safeParse(message).data,
      onFault: (error) => logger.warn({ err: error }, 'the process for passwords failed'),
    })
  }

  async hash(text: string, parameters: Argon2Parameters): Promise<string> {
    const answer = await this.#pool.ask({ kind: 'hash', text, parameters }, DEADLINE_MS)
    if (answer?.kind === 'hashed') return answer.hash
    if (answer?.kind === 'failed') throw new Error(answer.message)
    return systemArgon2.hash(text, parameters)
  }

  async verify(hash: string, text: string): Promise<boolean> {
    const answer = await this.#pool.ask({ kind: 'verify', text, hash }, DEADLINE_MS)
    if (answer?.kind === 'verified') return answer.isRight
    if (answer?.kind === 'failed') throw new Error(answer.message)
    return systemArgon2.verify(hash, text)
  }

  needsRehash(hash: string, parameters: Argon2Parameters): boolean {
    return systemArgon2.needsRehash(hash, parameters)
  }

  close(): void {
    this.#pool.end()
  }
}
