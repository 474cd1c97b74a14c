import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { SecureContext } from 'node:tls'
import type { Duplex } from 'node:stream'
import { GateError } from '../contract/errorCodes.ts'
import { isLoopbackAddress, normaliseAddress } from '../core/addresses.ts'
import { isEnding } from './closeAfterResponse.ts'
import { ConnectionBook } from './connectionBook.ts'
import type { Connection, ConnectionLimits } from './connectionBook.ts'
import { ConnectionRate } from './connectionRate.ts'
import type { RateLimits } from './connectionRate.ts'
import { readFirstByte } from './firstByte.ts'
import { homeOnly } from './peerRules.ts'
import type { PeerRules, PeerVerdict } from './peerRules.ts'
import { refuseExpectation, refuseUnparsed } from './refuseUnparsed.ts'
import { refusePlain } from './refusePlain.ts'
import { startTls } from './secureContext.ts'
import { StalledReaders } from './stalledReaders.ts'
import type { TlsSource } from './tlsSource.ts'

export interface ListenerHandlers {
  request(request: IncomingMessage, response: ServerResponse, socket: Socket): void
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void
  /** A connection was refused before a byte of it was read. `tooMany`: told once a minute of each address. */
  refused(address: string, verdict: Exclude<PeerVerdict, 'allowed'> | 'tooMany'): void
  /** A connection was let in; nothing of it is read yet. */
  connected?(address: string): void
}

export interface ListenerLimits extends ConnectionLimits, RateLimits {
  /** Until the first byte is there, which tells TLS from plain HTTP. */
  readonly firstByteMs: number
  readonly handshakeMs: number
  readonly headersTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** How long somebody may take nothing of what waits for them. */
  readonly stallMs: number
  readonly maxHeaderBytes: number
}

export const defaultListenerLimits: ListenerLimits = {
  firstByteMs: 5_000,
  handshakeMs: 5_000,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 30_000,
  stallMs: 60_000,
  maxHeaderBytes: 16 * 1024,
  connectionsPerAddress: 256,
  pendingPerAddress: 128,
  connections: 2048,
  connectionsPerSecond: 50,
  connectionBurst: 200,
}

export interface ListenerOptions {
  readonly limits?: ListenerLimits
  /** Who may connect at all; left out: the home's networks. */
  readonly rules?: PeerRules
  /** Left out: nothing is encrypted, and who begins with TLS is cut off. */
  readonly tls?: TlsSource
  /** Who begins without TLS gets one page that says so, and nothing of what they send is read. */
  readonly tlsOnly?: boolean
}

/** Requests sent ahead on one connection: each holds memory until the ones before it are answered; browsers send none. */
const MAX_PIPELINED = 32
/** A phone that left without a word would keep its place among the connections for ever. */
const PROBE_IDLE_MS = 60_000
/** After Node's own deadline for a head, which some runtimes only look at when something comes. */
const HEAD_GRACE_MS = 2_000

/**
 * One listening socket and every connection it carries, TLS and plain on the same port. The order of refusals: address,
 * then number, then silence, then framing.
 */
export class Listener {
  readonly #server: Server
  /** Reads requests and never listens. */
  readonly #http: HttpServer
  readonly #handlers: ListenerHandlers
  readonly #limits: ListenerLimits
  readonly #rules: PeerRules
  readonly #tls: TlsSource | undefined
  readonly #isTlsOnly: boolean
  readonly #book: ConnectionBook
  readonly #rate: ConnectionRate
  readonly #stalled: StalledReaders
  readonly #unsubscribe: () => void
  #draining = false
  #refusedForRate = 0

  constructor(handlers: ListenerHandlers, options: ListenerOptions = {}) {
    const { limits = defaultListenerLimits, rules = homeOnly, tls, tlsOnly = false } = options
    this.#handlers = handlers
    this.#limits = limits
    this.#rules = rules
    this.#tls = tls
    this.#isTlsOnly = tlsOnly
    this.#book = new ConnectionBook(limits)
    this.#rate = new ConnectionRate(limits, () => performance.now())
    this.#stalled = new StalledReaders(() => this.#book.all(), limits.stallMs)
    this.#unsubscribe = rules.onChange(() => this.#endRefused())
    this.#http = this.#createHttp()
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_IDLE_MS },
      (socket) => this.#accept(socket),
    )
  }

  #createHttp(): HttpServer {
    const { maxHeaderBytes, headersTimeoutMs, keepAliveTimeoutMs } = this.#limits
    const server = createHttpServer({
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      // A whole upload may take long; what may not is silence, see the limits of the body readers.
      requestTimeout: 0,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 1000,
      insecureHTTPParser: false,
    })
    server.headersTimeout = headersTimeoutMs
    server.requestTimeout = 0
    server.keepAliveTimeout = keepAliveTimeoutMs
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#take(request, response))
    // Without this listener Node would ask for the body before anybody knows who sends it.
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.#take(request, response))
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      if (!isEnding(request.socket)) refuseExpectation(request, response)
    })
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      const socket = request.socket
      // Node took its own error listener off; a reset must not end the process.
      stream.on('error', () => stream.destroy())
      if (this.#hold(socket)) this.#handlers.upgrade(request, socket, head)
    })
    server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => refuseUnparsed(error.code, socket))
    // Node watches the deadline of a request's head from here on, and only then (Node 24 lib/_http_server.js).
    server.emit('listening')
    return server
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
    return this.#book.size
  }

  /** How many connections were cut off because their address opened too many a second. */
  get refusedForRate(): number {
    return this.#refusedForRate
  }

  /** Stops accepting, ends idle connections at once and the others after `drainMs`. May be called more than once. */
  close(drainMs: number): Promise<void> {
    this.#draining = true
    this.#unsubscribe()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const { socket, busy } of this.#book.all()) if (busy === 0) socket.destroy()
    const late = setTimeout(() => {
      for (const { socket } of this.#book.all()) socket.destroy()
    }, drainMs)
    return closed.finally(() => {
      clearTimeout(late)
      this.#stalled.close()
      this.#http.close(() => undefined)
    })
  }

  #verdict(address: string): PeerVerdict {
    try {
      return this.#rules.decide(address)
    } catch {
      // Who cannot be decided about is not let in.
      return 'blocked'
    }
  }

  /** Rules changed: whoever may not connect any more is gone at once, with everything they had open. */
  #endRefused(): void {
    for (const { address, socket } of this.#book.all()) if (this.#verdict(address) !== 'allowed') socket.destroy()
  }

  #accept(raw: Socket): void {
    const address = normaliseAddress(raw.remoteAddress ?? '')
    const connection = this.#mayOpen(address) ? this.#book.open(raw, address) : undefined
    if (connection === undefined) {
      raw.destroy()
      return
    }
    raw.once('close', () => this.#book.forget(connection))
    if (!tell(() => this.#handlers.connected?.(address))) {
      raw.destroy()
      return
    }
    readFirstByte(raw, this.#limits.firstByteMs, (isTls) => {
      if (isTls) this.#decrypt(connection)
      else if (this.#isTlsOnly) refusePlain(raw)
      else this.#read(connection)
    })
  }

  /** Before anything is read or computed for it. */
  #mayOpen(address: string): boolean {
    const verdict = this.#verdict(address)
    if (verdict !== 'allowed') {
      tell(() => this.#handlers.refused(address, verdict))
      return false
    }
    const forMany = isLoopbackAddress(address) || this.#rules.speaksForMany?.(address) === true
    const rate = this.#rate.take(address, forMany)
    if (rate === 'ok') return true
    this.#refusedForRate += 1
    if (rate === 'tooMany') tell(() => this.#handlers.refused(address, rate))
    return false
  }

  /** The certificate is asked for at each handshake: an exchanged one counts from the next connection on. */
  #decrypt(connection: Connection): void {
    const { raw } = connection
    const context = this.#findContext()
    if (context === undefined) {
      raw.destroy()
      return
    }
    raw.on('error', () => raw.destroy())
    const { handshakeMs } = this.#limits
    const socket = startTls(raw, context, { handshakeMs, ready: () => this.#read(connection) })
    this.#book.encrypted(connection, socket)
  }

  #findContext(): SecureContext | undefined {
    try {
      return this.#tls?.context()
    } catch {
      // A certificate that cannot be had encrypts nothing.
      return undefined
    }
  }

  #read(connection: Connection): void {
    const { socket } = connection
    const late = setTimeout(() => {
      if (connection.isPending) socket.destroy()
    }, this.#limits.headersTimeoutMs + HEAD_GRACE_MS)
    socket.once('close', () => clearTimeout(late))
    this.#http.emit('connection', socket)
  }

  /** An upgraded connection is busy until it ends. Answers still under way on it would be written among its frames. */
  #hold(socket: Socket): boolean {
    const connection = this.#book.find(socket)
    if (connection === undefined || connection.busy > 0) {
      socket.destroy()
      return false
    }
    connection.isPending = false
    connection.busy = 1
    return true
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const socket = request.socket
    const connection = this.#book.find(socket)
    if (connection === undefined || connection.busy >= MAX_PIPELINED) {
      socket.destroy()
      return
    }
    if (isEnding(socket)) return
    connection.isPending = false
    connection.busy += 1
    if (this.#draining) response.shouldKeepAlive = false
    response.on('close', () => {
      connection.busy -= 1
      if (this.#draining && connection.busy === 0) socket.destroySoon()
    })
    this.#handlers.request(request, response, socket)
  }
}

/** What is told of a connection must not end the program, nor let in who could not be recorded. @returns whether it was told */
function tell(telling: () => void): boolean {
  try {
    telling()
    return true
  } catch {
    return false
  }
}
