import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Job, JobResults } from './jobs.ts'

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

const JOB_TIMEOUT_MS = 180_000

/** The load worker as an object; jobs run side by side when they are given side by side. */
export class LoadGenerator {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child.on('message', (message) => this.#take(message as Answer))
    this.#child.once('exit', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error('the load generator ended'))
    })
  }

  run<Kind extends Job['kind']>(job: Extract<Job, { kind: Kind }>): Promise<JobResults[Kind]>
  run(job: Job): Promise<unknown> {
    const id = this.#nextId
    this.#nextId += 1
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${job.kind} did not end in time`)), JOB_TIMEOUT_MS)
      const finish = (action: () => void): void => {
        clearTimeout(late)
        action()
      }
      this.#waiting.set(id, {
        resolve: (result) => finish(() => resolve(result)),
        reject: (error) => finish(() => reject(new Error(`${job.kind}: ${error.message}`))),
      })
      this.#child.send({ id, job })
    })
  }

  /** The worker ends when its channel does. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #take({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error))
  }
}
