import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { GateError } from '../contract/errorCodes.ts'
import { isHomeAddress, isLoopbackAddress, normaliseAddress } from '../core/addresses.ts'
import { describeRefusal, formatRawAnswer } from './problem.ts'

export interface ListenerHandlers {
  request(request: IncomingMessage, response: ServerResponse, socket: Socket): void
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void
  /** A connection was refused before a byte of it was read. */
  refused(address: string): void
  /** A connection was let in; nothing of it is read yet. */
  connected?(address: string): void
}

export interface ListenerLimits {
  readonly headersTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly maxHeaderBytes: number
  readonly connectionsPerAddress: number
  readonly connections: number
}

export const defaultListenerLimits: ListenerLimits = {
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 30_000,
  maxHeaderBytes: 16 * 1024,
  connectionsPerAddress: 256,
  connections: 2048,
}

/** Programs on this computer share one address, and so does everybody behind a tunnel that ends here. */
const LOOPBACK_FACTOR = 4

/** Requests sent ahead on one connection: each holds memory until the ones before it are answered; browsers send none. */
const MAX_PIPELINED = 32
/** A phone that left without a word would keep its place among the connections for ever. */
const PROBE_IDLE_MS = 60_000

/** Connections that end with the answer under way: what stands behind it is not looked at. */
const ending = new WeakSet<Socket>()

/** One listening socket and every connection it carries. The order of refusals: address, then number, then framing. */
export class Listener {
  readonly #server: Server
  readonly #handlers: ListenerHandlers
  readonly #limits: ListenerLimits
  readonly #isAllowedPeer: (address: string) => boolean
  /** Connections with the number of requests under way on each. */
  readonly #connections = new Map<Socket, { busy: number }>()
  readonly #perAddress = new Map<string, number>()
  #draining = false

  /** `isAllowedPeer` says who may connect at all: the home's networks, unless a test asks from elsewhere. */
  constructor(
    handlers: ListenerHandlers,
    limits: ListenerLimits = defaultListenerLimits,
    isAllowedPeer = isHomeAddress,
  ) {
    this.#handlers = handlers
    this.#limits = limits
    this.#isAllowedPeer = isAllowedPeer
    const options = {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      // A whole upload may take long; what may not is silence, see the limits of the body readers.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1000,
      insecureHTTPParser: false,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_IDLE_MS,
    }
    this.#server = createServer(options)
    this.#server.headersTimeout = limits.headersTimeoutMs
    this.#server.requestTimeout = 0
    this.#server.keepAliveTimeout = limits.keepAliveTimeoutMs
    this.#server.on('connection', (socket: Socket) => this.#accept(socket))
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#take(request, response))
    // Without this listener Node would ask for the body before anybody knows who sends it.
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#take(request, response),
    )
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      const socket = request.socket
      // Node took its own error listener off; a reset must not end the process.
      stream.on('error', () => stream.destroy())
      if (this.#hold(socket)) handlers.upgrade(request, socket, head)
    })
    this.#server.on('clientError', (error: Error & { code?: string }, socket: Duplex) =>
      refuseUnparsed(error.code, socket),
    )
  }

  /** @throws GateError PORT_IN_USE; any other failure as Node has it */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error & { code?: string }): void => {
        if (error.code === 'EADDRINUSE' || error.code === 'EACCES') {
          const reason =
            error.code === 'EACCES'
              ? `This computer does not let Gatehouse listen on port ${port}.`
              : `Port ${port} is already taken by another program.`
          reject(new GateError('PORT_IN_USE', `${reason} Choose another port in the settings.`, { cause: error }))
        } else {
          reject(error)
        }
      }
      this.#server.once('error', onError)
      this.#server.listen({ host, port, ipv6Only: true }, () => {
        this.#server.off('error', onError)
        this.#server.on('error', () => undefined)
        resolve(this.address().port)
      })
    })
  }

  address(): AddressInfo {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the listener is not open')
    return address
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Stops accepting, ends idle connections at once and the others after `drainMs`. May be called more than once. */
  close(drainMs: number): Promise<void> {
    this.#draining = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const [socket, { busy }] of this.#connections) if (busy === 0) socket.destroy()
    const late = setTimeout(() => {
      for (const socket of this.#connections.keys()) socket.destroy()
    }, drainMs)
    return closed.finally(() => clearTimeout(late))
  }

  /** An upgraded connection is busy until it ends. Answers still under way on it would be written among its frames. */
  #hold(socket: Socket): boolean {
    const connection = this.#connections.get(socket)
    if (connection === undefined || connection.busy > 0) {
      socket.destroy()
      return false
    }
    connection.busy = 1
    return true
  }

  #accept(socket: Socket): void {
    const address = normaliseAddress(socket.remoteAddress ?? '')
    const count = this.#perAddress.get(address) ?? 0
    const allowed = this.#limits.connectionsPerAddress * (isLoopbackAddress(address) ? LOOPBACK_FACTOR : 1)
    const isStranger = !this.#isAllowedPeer(address)
    if (isStranger) this.#handlers.refused(address)
    if (isStranger || count >= allowed || this.#connections.size >= this.#limits.connections) {
      socket.destroy()
      return
    }
    this.#perAddress.set(address, count + 1)
    this.#connections.set(socket, { busy: 0 })
    this.#handlers.connected?.(address)
    socket.once('close', () => {
      this.#connections.delete(socket)
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left === 0) this.#perAddress.delete(address)
      else this.#perAddress.set(address, left)
    })
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const socket = request.socket
    const connection = this.#connections.get(socket)
    if (connection === undefined || connection.busy >= MAX_PIPELINED) {
      socket.destroy()
      return
    }
    if (ending.has(socket)) return
    connection.busy += 1
    if (this.#draining) response.shouldKeepAlive = false
    response.on('close', () => {
      connection.busy -= 1
      if (this.#draining && connection.busy === 0) socket.destroySoon()
    })
    this.#handlers.request(request, response, socket)
  }
}

/** Answers what Node's parser refused: obs-fold, bare LF, contradicting lengths, an endless header section, silence. */
function refuseUnparsed(code: string | undefined, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const message = 'This was not a request that the gate understands.'
  const answer = describeRefusal(new GateError('BAD_REQUEST', message), 'api', '/')
  const [status, reason] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large'] as const)
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout'] as const)
        : ([400, 'Bad Request'] as const)
  socket.end(formatRawAnswer({ ...answer, status }, reason), () => socket.destroy())
}

/** How much of an unwanted body is still taken in, so that the client gets to read the answer. */
const LINGER_BYTES = 256 * 1024
const LINGER_MS = 500

/**
 * Makes the connection end after this response although the client still sends: the answer goes out, a little more is
 * taken in and thrown away, then the connection is cut. A body that nobody wants is never read whole.
 */
export function closeAfterResponse(response: ServerResponse, socket: Socket): void {
  const request = response.req
  response.shouldKeepAlive = false
  ending.add(socket)
  socket.destroySoon = () => {
    socket.end()
    if (request.complete) {
      if (socket.writableFinished) socket.destroy()
      else socket.once('finish', () => socket.destroy())
      return
    }
    const limit = socket.bytesRead + LINGER_BYTES
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
    request.on('data', () => {
      if (socket.bytesRead > limit) socket.destroy()
    })
    request.once('end', () => socket.destroy())
    request.resume()
  }
}
