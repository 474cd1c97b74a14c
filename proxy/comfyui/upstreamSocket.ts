import { WebSocket } from 'ws'
import type { Logger } from '../core/logger.ts'
import { toMessageBytes } from '../core/messageBytes.ts'
import type { EngineConnection } from './engine.ts'
import { formatFeatureFlags } from './socketMessages.ts'

export interface UpstreamSocketEvents {
  text(bytes: Buffer): void
  binary(bytes: Buffer): void
  /**
   * The socket stands, for the first time or again: events arrive from now on; those of the time before may be lost, and
   * with them what the engine keeps for a socket.
   */
  opened(): void
}

/** SaveImageWebsocket sends whole pictures. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024
const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2_000

/**
 * The gate's one WebSocket to one start of the engine. It is always read: ComfyUI sends to its clients in turn, so one
 * that does not read stalls everybody. Opens again by itself, under the same id, until it is closed.
 */
export class UpstreamSocket {
  readonly clientId: string
  readonly #connection: EngineConnection
  readonly #events: UpstreamSocketEvents
  readonly #logger: Logger
  readonly #waiters = new Set<(open: boolean) => void>()
  #socket: WebSocket | undefined
  #retry: NodeJS.Timeout | undefined
  #retryMs = FIRST_RETRY_MS
  #closed = false

  constructor(connection: EngineConnection, clientId: string, events: UpstreamSocketEvents, logger: Logger) {
    this.clientId = clientId
    this.#connection = connection
    this.#events = events
    this.#logger = logger
    this.#open()
  }

  isFor(connection: EngineConnection): boolean {
    return connection.bootId === this.#connection.bootId && connection.port === this.#connection.port
  }

  get isOpen(): boolean {
    return !this.#closed && this.#socket?.readyState === WebSocket.OPEN
  }

  /** Resolves when events can arrive, or with false when they could not within `deadlineMs`. */
  waitUntilOpen(deadlineMs: number): Promise<boolean> {
    if (this.#socket?.readyState === WebSocket.OPEN) return Promise.resolve(true)
    if (this.#closed) return Promise.resolve(false)
    return new Promise((resolve) => {
      const settle = (open: boolean): void => {
        clearTimeout(late)
        this.#waiters.delete(settle)
        resolve(open)
      }
      const late = setTimeout(() => settle(false), deadlineMs)
      this.#waiters.add(settle)
    })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#socket?.terminate()
    for (const settle of [...this.#waiters]) settle(false)
  }

  #open(): void {
    const { port, secret } = this.#connection
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?clientId=${this.clientId}`, {
      headers: { 'X-Gatehouse-Secret': secret },
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handshakeTimeout: 10_000,
      followRedirects: false,
    })
    this.#socket = socket
    socket.on('open', () => {
      // Must be the first message (ComfyUI 0.3.64 server.py); from then on previews say whose they are.
      socket.send(formatFeatureFlags({ supports_preview_metadata: true }))
      this.#retryMs = FIRST_RETRY_MS
      for (const settle of [...this.#waiters]) settle(true)
      if (!this.#closed) this.#events.opened()
    })
    socket.on('message', (data, isBinary) => {
      if (this.#closed) return
      if (isBinary) this.#events.binary(toMessageBytes(data))
      else this.#events.text(toMessageBytes(data))
    })
    socket.on('error', (error) => this.#logger.debug({ err: error }, 'the socket to the engine failed'))
    socket.on('close', () => this.#openLater())
  }

  #openLater(): void {
    if (this.#closed) return
    this.#retry = setTimeout(() => this.#open(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
  }
}
