import type { Dispatcher } from 'undici'
import type { Upstream } from './upstream.ts'

const LIMIT_BYTES = 256 * 1024 * 1024

export interface EngineQuestion {
  readonly method?: Dispatcher.HttpMethod
  readonly path: string
  /** Sent as JSON. */
  readonly json?: unknown
}

/** Asks the engine something for the gate itself: the body of its answer, undefined when that is not 200. Never throws. */
export function askEngine(
  upstream: Upstream,
  { method = 'GET', path, json }: EngineQuestion,
): Promise<Buffer | undefined> {
  const content =
    json === undefined ? { headers: [] } : { headers: ['content-type', 'application/json'], body: JSON.stringify(json) }
  return new Promise((resolve) => upstream.dispatch({ method, path, ...content }, new Collector(resolve)))
}

class Collector implements Dispatcher.DispatchHandler {
  readonly #resolve: (body: Buffer | undefined) => void
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(resolve: (body: Buffer | undefined) => void) {
    this.#resolve = resolve
  }

  onRequestStart(): void {
    // Required by the dispatcher; there is nothing to prepare.
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status >= 200 && status !== 200) controller.abort(new Error(`the engine answered ${status}`))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > LIMIT_BYTES) controller.abort(new Error('the answer is too large'))
    else this.#chunks.push(Buffer.from(chunk))
  }

  onResponseEnd(): void {
    this.#resolve(Buffer.concat(this.#chunks))
  }

  onResponseError(): void {
    this.#resolve(undefined)
  }
}
