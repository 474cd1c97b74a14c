import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { GateError } from '../contract/errorCodes.ts'
import { bodyTooLarge } from '../http/bodyReader.ts'

/** What a client must send at least, while we wait for it: slower than any phone that really sends something. */
const MIN_BYTES_PER_SECOND = 1024

/** Sees each piece of a body before the engine does. */
export interface BodyInspector {
  /** @throws GateError when what was seen so far is not acceptable */
  inspect(chunk: Buffer): void
  /** @throws GateError when the body must not end here */
  end(): void
}

export interface RequestBodyOptions {
  readonly limitBytes: number
  /** How long the client may be silent while we wait for it. */
  readonly idleMs: number
  readonly inspector?: BodyInspector
  /** Waited for before the last piece goes on; only with an inspector. A refusal ends the body. */
  readonly beforeEnd?: () => Promise<void>
}

/**
 * A client's body on its way to the engine: counted, timed and inspected, with the back-pressure of both sides. Its
 * destruction leaves the client's connection alone, so that an answer can still be given.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage
  readonly #options: RequestBodyOptions
  readonly #idle: NodeJS.Timeout
  /** With an inspector the last piece waits for its verdict: without it the engine has no whole body. */
  #held: Buffer | undefined
  readonly #pace: NodeJS.Timeout
  #bytes = 0
  /** What had come when the pace was last looked at. */
  #pacedBytes = 0
  #waitedForEngine = false
  #started = false
  #ended = false

  constructor(request: IncomingMessage, options: RequestBodyOptions) {
    super({ highWaterMark: 256 * 1024 })
    this.#request = request
    this.#options = options
    this.#idle = setTimeout(() => this.#onSilence(), options.idleMs)
    this.#pace = setInterval(() => this.#checkPace(), options.idleMs)
  }

  override _read(): void {
    if (this.#started) {
      this.#request.resume()
      return
    }
    this.#started = true
    this.#request.on('data', this.#onData)
    this.#request.once('end', this.#onEnd)
    this.#request.once('error', this.#onBroken)
    this.#request.once('close', this.#onBroken)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#idle)
    clearInterval(this.#pace)
    this.#request.off('data', this.#onData)
    this.#request.off('end', this.#onEnd)
    this.#request.off('close', this.#onBroken)
    // The error listener stays: a reset after this must not end the process.
    if (!this.#ended) this.#request.pause()
    callback(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length
    if (this.#bytes > this.#options.limitBytes) {
      this.destroy(bodyTooLarge(this.#options.limitBytes))
      return
    }
    this.#idle.refresh()
    const { inspector } = this.#options
    if (inspector === undefined) {
      this.#pass(chunk)
      return
    }
    if (!this.#accepts(() => inspector.inspect(chunk))) return
    const before = this.#held
    this.#held = chunk
    if (before !== undefined) this.#pass(before)
  }

  #pass(chunk: Buffer): void {
    if (this.push(chunk)) return
    this.#waitedForEngine = true
    this.#request.pause()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    clearTimeout(this.#idle)
    clearInterval(this.#pace)
    if (!this.#accepts(() => this.#options.inspector?.end())) return
    const { beforeEnd } = this.#options
    if (beforeEnd === undefined) this.#passLast()
    else
      beforeEnd().then(
        () => this.#passLast(),
        (error: unknown) => this.destroy(toError(error)),
      )
  }

  #passLast(): void {
    if (this.destroyed) return
    if (this.#held !== undefined) this.push(this.#held)
    this.push(null)
  }

  readonly #onBroken = (): void => {
    if (!this.#ended) this.destroy(new GateError('BAD_REQUEST', 'The request broke off.'))
  }

  #accepts(look: () => void): boolean {
    try {
      look()
      return true
    } catch (error) {
      this.destroy(toError(error))
      return false
    }
  }

  /** Slow body: a byte now and then is not silence, and would hold a connection to the engine for days. */
  #checkPace(): void {
    const came = this.#bytes - this.#pacedBytes
    const least = (this.#options.idleMs / 1000) * MIN_BYTES_PER_SECOND
    if (came < least && this.#started && !this.#waitedForEngine && !this.#request.isPaused()) {
      this.destroy(new GateError('BAD_REQUEST', 'The request did not arrive in time.'))
    }
    this.#pacedBytes = this.#bytes
    this.#waitedForEngine = false
  }

  #onSilence(): void {
    // While the engine is slow we do not ask the client for more, so its silence is ours.
    if (this.#request.isPaused()) this.#idle.refresh()
    else this.destroy(new GateError('BAD_REQUEST', 'The request did not arrive in time.'))
  }
}

const toError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('the body could not be inspected')
