import type { Dispatcher } from 'undici'
import type { Upstream } from './upstream.ts'

const LIMIT_BYTES = 256 * 1024 * 1024

/** Asks the engine something for the gate itself; undefined when it does not answer 200. Never throws. */
export function fetchBody(upstream: Upstream, path: string): Promise<Buffer | undefined> {
  return new Promise((resolve) => upstream.dispatch({ method: 'GET', path, headers: [] }, new Collector(resolve)))
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
