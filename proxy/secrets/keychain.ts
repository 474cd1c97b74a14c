import { Worker } from 'node:worker_threads'
import { GateError } from '../contract/errorCodes.ts'
import { keychainAnswerSchema } from './keychainProtocol.ts'
import type { KeychainAnswer, KeychainRequest } from './keychainProtocol.ts'

/** The system's keychain, one entry at a time. */
export interface Keychain {
  get(account: string): Promise<string | undefined>
  set(account: string, value: string): Promise<void>
  delete(account: string): Promise<void>
  close(): Promise<void>
}

export const keychainService = 'Gatehouse'
const DEADLINE_MS = 5000

const unavailable = (cause: unknown): GateError =>
  new GateError(
    'SECRETS_UNAVAILABLE',
    'The keychain of this computer does not answer. Unlock it (sign in to your desktop), then try again.',
    { cause },
  )

/**
 * The keychain over a worker thread; every call has a deadline of five seconds.
 * @throws GateError SECRETS_UNAVAILABLE out of each method, when the keychain fails or does not answer in time
 */
export function openKeychain(workerFile: string, deadlineMs = DEADLINE_MS): Keychain {
  const client = new WorkerClient(workerFile, deadlineMs)
  return {
    get: async (account) => (await client.ask({ operation: 'get', service: keychainService, account })) ?? undefined,
    set: async (account, value) => {
      await client.ask({ operation: 'set', service: keychainService, account, value })
    },
    delete: async (account) => {
      await client.ask({ operation: 'delete', service: keychainService, account })
    },
    close: () => client.close(),
  }
}

interface Waiting {
  resolve(value: string | null): void
  reject(error: Error): void
  readonly timer: NodeJS.Timeout
}

class WorkerClient {
  readonly #workerFile: string
  readonly #deadlineMs: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #lastId = 0

  constructor(workerFile: string, deadlineMs: number) {
    this.#workerFile = workerFile
    this.#deadlineMs = deadlineMs
  }

  ask(request: Omit<KeychainRequest, 'id'>): Promise<string | null> {
    const id = (this.#lastId += 1)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        // The worker hangs in a native call; a new one is started for the next question.
        void this.#abandonWorker()
        reject(unavailable(new Error(`no answer within ${this.#deadlineMs} ms`)))
      }, this.#deadlineMs)
      this.#waiting.set(id, { resolve, reject, timer })
      this.#openWorker().postMessage({ ...request, id })
    })
  }

  async close(): Promise<void> {
    this.#failAll(new Error('closed'))
    await this.#abandonWorker()
  }

  #openWorker(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(this.#workerFile)
    this.#worker = worker
    worker.unref()
    worker.on('message', (message: unknown) => this.#settle(keychainAnswerSchema.parse(message)))
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#worker = undefined
      this.#failAll(error)
    })
    return worker
  }

  #settle(answer: KeychainAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    if (waiting === undefined) return
    this.#waiting.delete(answer.id)
    clearTimeout(waiting.timer)
    if (answer.error === null) waiting.resolve(answer.value)
    else waiting.reject(unavailable(new Error(answer.error)))
  }

  #failAll(cause: unknown): void {
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer)
      waiting.reject(unavailable(cause))
    }
    this.#waiting.clear()
  }

  async #abandonWorker(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    // terminate() waits for a native call that hangs, so nobody waits for it
    if (worker !== undefined) await Promise.race([worker.terminate(), Promise.resolve()])
  }
}
