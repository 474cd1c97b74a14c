import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { GateError } from '../contract/errorCodes.ts'
import { hasCode, isBrokenConnection } from '../core/systemErrors.ts'
import { selectResponseHeaders } from '../http/headers.ts'
import { closeAfterResponse } from '../http/closeAfterResponse.ts'
import { RequestBody } from './requestBody.ts'
import type { HeaderEdit } from './responseRewriter.ts'
import type { Upstream } from './upstream.ts'

/** A request as the engine gets it: every part was parsed and decided, nothing is copied from the client's bytes. */
export interface ForwardPlan {
  readonly method: string
  /** Canonical path and query. */
  readonly path: string
  /** Alternating names and values. */
  readonly headers: readonly string[]
  /** undefined: no body. A stream of unknown length goes out in chunks. */
  readonly body?: Buffer | RequestBody
  /** Length of a streamed body, if the client said it. */
  readonly bodyBytes?: number
  readonly edit: HeaderEdit
  /** Takes a whole 200 answer and returns what the client gets; the answer is read up to `rewriteLimitBytes`. */
  readonly rewrite?: (body: Buffer) => Buffer
  /** Called once, before anything of the answer reaches the client. */
  readonly onStatus?: (status: number) => void
}

const REWRITE_LIMIT_BYTES = 64 * 1024 * 1024
/** Up to here a copy is cheaper than a second write; measured with wrk at 16 connections. */
const JOINED_BYTES = 8192
const CLIENT_GONE = new Error('the client is gone')

/** The engine does not know, or no longer, for whom the request is. Nothing was answered. */
export class UnknownUserError extends GateError {
  constructor() {
    super('ENGINE_UNAVAILABLE', 'ComfyUI is not ready for you yet; please try again.')
  }
}

/** The engine could not be asked; the reason is for the log only. */
export function engineUnavailable(cause?: unknown): GateError {
  return new GateError('ENGINE_UNAVAILABLE', 'ComfyUI is not ready. It may be starting; please try again.', { cause })
}

export interface ForwarderEvents {
  /** The engine refused a connection. */
  unreachable(): void
}

/**
 * Sends one request to the engine and streams the answer back; both directions wait for each other and end together.
 * @throws GateError ENGINE_UNAVAILABLE, UnknownUserError, or what the request's body was refused with, while nothing
 * was answered yet
 */
export function forward(
  upstream: Upstream,
  plan: ForwardPlan,
  client: { readonly request: IncomingMessage; readonly response: ServerResponse },
  events: ForwarderEvents,
): Promise<void> {
  return new Promise((resolve, reject) => {
    new Relay(upstream, plan, client.request, client.response, events, resolve, reject).start()
  })
}

/** One exchange with the engine. Methods instead of closures: this runs for every request. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #upstream: Upstream
  readonly #plan: ForwardPlan
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #events: ForwarderEvents
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  #state: 'waiting' | 'answering' | 'done' = 'waiting'
  #attempt = 1
  #bytesLeft = -1
  #collected: Buffer[] | undefined
  #collectedBytes = 0
  #status = 0
  #headers: Map<string, string> = new Map()

  constructor(
    upstream: Upstream,
    plan: ForwardPlan,
    request: IncomingMessage,
    response: ServerResponse,
    events: ForwarderEvents,
    resolve: () => void,
    reject: (error: unknown) => void,
  ) {
    this.#upstream = upstream
    this.#plan = plan
    this.#request = request
    this.#response = response
    this.#events = events
    this.#resolve = resolve
    this.#reject = reject
    response.on('close', () => this.#onClientClosed())
  }

  start(): void {
    const { method, path, headers, body, bodyBytes } = this.#plan
    const sent = [...headers]
    if (body instanceof RequestBody && bodyBytes !== undefined && bodyBytes >= 0) {
      sent.push('content-length', String(bodyBytes))
    }
    try {
      this.#upstream.dispatch({ method, path, headers: sent, body: body ?? null }, this)
    } catch (error) {
      this.#fail(error)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#response.destroyed) controller.abort(CLIENT_GONE)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    this.#controller = controller
    this.#status = status
    this.#headers = selectResponseHeaders(headers)
    const rewrites = this.#plan.rewrite !== undefined && status === 200
    if (this.#plan.method !== 'HEAD' && (rewrites || this.#mayBeUnknownUser())) {
      this.#collected = []
      return
    }
    this.#accept()
    // The length of what the gate would not have sent.
    if (rewrites) for (const name of ['content-length', 'etag', 'last-modified']) this.#headers.delete(name)
    this.#writeHead()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#collected !== undefined) {
      this.#collectedBytes += chunk.length
      if (this.#collectedBytes > REWRITE_LIMIT_BYTES) controller.abort(new Error('the answer is too large to rewrite'))
      else this.#collected.push(Buffer.from(chunk))
      return
    }
    if (chunk.length === this.#bytesLeft) {
      this.#endWith(chunk)
      return
    }
    if (this.#bytesLeft > 0) this.#bytesLeft -= chunk.length
    if (!this.#response.write(chunk)) {
      controller.pause()
      this.#response.once('drain', this.#onDrain)
    }
  }

  onResponseEnd(): void {
    if (this.#collected !== undefined) {
      this.#finishCollected(Buffer.concat(this.#collected))
      return
    }
    if (this.#state === 'answering') this.#response.end()
    this.#state = 'done'
    this.#resolve()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  /** The whole rest of an answer of known length. */
  #endWith(bytes: Buffer): void {
    this.#state = 'done'
    // As a latin-1 string, which is the same bytes, node:http joins head and body into one cheap write.
    if (bytes.length <= JOINED_BYTES) endTogether(this.#response, bytes.toString('latin1'))
    else this.#response.end(bytes)
  }

  readonly #onDrain = (): void => {
    this.#controller?.resume()
  }

  /** From here on this answer is the one that the client gets. */
  #accept(): void {
    this.#plan.onStatus?.(this.#status)
    this.#plan.edit(this.#headers, this.#status)
  }

  #writeHead(): void {
    this.#state = 'answering'
    const length = this.#headers.get('content-length')
    if (length !== undefined) this.#bytesLeft = Number(length)
    // The engine answered although the client still sends: nobody will read the rest.
    if (this.#plan.body instanceof RequestBody && !this.#request.complete) {
      closeAfterResponse(this.#response, this.#request.socket)
    }
    const flat: string[] = []
    for (const [name, value] of this.#headers) flat.push(name, value)
    this.#response.writeHead(this.#status, flat)
  }

  #mayBeUnknownUser(): boolean {
    return this.#status === 409 && this.#headers.get('content-type')?.startsWith('application/json') === true
  }

  #finishCollected(collected: Buffer): void {
    if (this.#status === 409 && isUnknownUser(collected)) {
      this.#state = 'done'
      this.#reject(new UnknownUserError())
      return
    }
    this.#accept()
    const { rewrite } = this.#plan
    const body = this.#status === 200 && rewrite !== undefined ? rewrite(collected) : collected
    this.#headers.set('content-length', String(body.length))
    this.#headers.delete('etag')
    this.#headers.delete('last-modified')
    this.#writeHead()
    this.#response.end(body)
    this.#state = 'done'
    this.#resolve()
  }

  #onClientClosed(): void {
    if (this.#state !== 'done') this.#controller?.abort(CLIENT_GONE)
  }

  #fail(error: unknown): void {
    if (this.#state === 'done') {
      this.#resolve()
      return
    }
    if (this.#state === 'answering' || this.#response.destroyed) {
      // Half an answer must not look like a whole one.
      this.#state = 'done'
      this.#response.destroy()
      this.#resolve()
      return
    }
    if (hasCode(error, 'ECONNREFUSED')) this.#events.unreachable()
    if (this.#mayRepeat(error)) {
      this.#attempt += 1
      this.start()
      return
    }
    this.#state = 'done'
    this.#reject(error instanceof GateError ? error : engineUnavailable(error))
  }

  /** A kept connection that the engine closed just then: only what changes nothing is asked a second time. */
  #mayRepeat(error: unknown): boolean {
    const { method, body } = this.#plan
    if (this.#attempt > 1 || body !== undefined || (method !== 'GET' && method !== 'HEAD')) return false
    return isBrokenConnection(error)
  }
}

function isUnknownUser(body: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null && 'error' in parsed && parsed.error === 'unknown_user'
  } catch {
    // Not JSON after all: an ordinary answer.
    return false
  }
}

interface WholeAnswer {
  readonly response: ServerResponse
  readonly text: string
}

let waiting: WholeAnswer[] = []

/**
 * Small answers go out together when this turn of the event loop is over: one write after the other finds the peers
 * awake, where a write between other work wakes each of them up anew.
 */
function endTogether(response: ServerResponse, text: string): void {
  if (waiting.push({ response, text }) === 1) setImmediate(endWaiting)
}

function endWaiting(): void {
  const answers = waiting
  waiting = []
  for (const { response, text } of answers) response.end(text, 'latin1')
}
