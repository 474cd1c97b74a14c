import type { Dispatcher } from 'undici'
import type { Upstream } from './upstream.ts'

export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** JSON text. */
  readonly body?: Buffer
  /** Alternating names and values. */
  readonly headers?: readonly string[]
  /** How long the engine may be silent; 600 seconds when left out. */
  readonly silenceMs?: number
  /** 256 MB when left out. */
  readonly limitBytes?: number
}

export interface EngineAnswer {
  readonly status: number
  readonly body: Buffer
}

const LIMIT_BYTES = 256 * 1024 * 1024

/** Asks the engine something for the gate itself. Rejects when there is no whole answer. */
export function callEngine(upstream: Upstream, call: EngineCall): Promise<EngineAnswer> {
  const { method, path, body, headers = [], silenceMs, limitBytes = LIMIT_BYTES } = call
  const sent = body === undefined ? [...headers] : ['content-type', 'application/json; charset=utf-8', ...headers]
  return new Promise((resolve, reject) => {
    const silence = silenceMs === undefined ? {} : { headersTimeout: silenceMs, bodyTimeout: silenceMs }
    const options = { method, path, headers: sent, body: body ?? null, ...silence }
    upstream.dispatch(options, new AnswerCollector(limitBytes, resolve, reject))
  })
}

class AnswerCollector implements Dispatcher.DispatchHandler {
  readonly #limitBytes: number
  readonly #resolve: (answer: EngineAnswer) => void
  readonly #reject: (error: Error) => void
  readonly #chunks: Buffer[] = []
  #status = 0
  #bytes = 0

  constructor(limitBytes: number, resolve: (answer: EngineAnswer) => void, reject: (error: Error) => void) {
    this.#limitBytes = limitBytes
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(): void {
    // Required by the dispatcher; there is nothing to prepare.
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    // 1xx are announcements; the answer follows them.
    if (status >= 200) this.#status = status
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limitBytes) controller.abort(new Error('the answer is too large'))
    else this.#chunks.push(Buffer.from(chunk))
  }

  onResponseEnd(): void {
    this.#resolve({ status: this.#status, body: Buffer.concat(this.#chunks) })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error)
  }
}
