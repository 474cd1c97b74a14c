import type { Duplex } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { toMessageBytes } from '../../proxy/core/messageBytes.ts'
import type { Random } from '../../proxy/core/random.ts'
import { isJsonObject, memberOf, parseJson, stringifyJson, type JsonObject, type JsonValue } from './values/json.ts'

/** aiohttp's limit for inbound messages. */
const MAX_INBOUND_BYTES = 4 * 1024 * 1024
/** A client that does not read is cut off before it costs more memory than this. */
const MAX_BUFFERED_BYTES = 256 * 1024 * 1024

export const binaryEvents = { previewImage: 1, text: 3, previewImageWithMetadata: 4 } as const

interface Client {
  readonly socket: WebSocket
  features: JsonObject
}

export interface PracticeSocketsOptions {
  readonly random: Random
  readonly features: JsonObject
  readonly status: () => JsonObject
}

/**
 * The open WebSockets by client id, and what ComfyUI sends to them. Written from ComfyUI's behaviour and not from the
 * gate's: what both got wrong in the same way no test between them would find.
 */
export class PracticeSockets {
  /** The client of the prompt that runs or ran last; undefined: nobody hears of it. */
  clientId: string | undefined
  /** The node that runs, for clients that come back in the middle. */
  lastNodeId: string | undefined
  readonly #options: PracticeSocketsOptions
  readonly #clients = new Map<string, Client>()
  readonly #sockets = new Set<WebSocket>()
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_INBOUND_BYTES, perMessageDeflate: false })

  constructor(options: PracticeSocketsOptions) {
    this.#options = options
  }

  /** Takes over an upgrade that was let in. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, wantedId: string): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, wantedId))
  }

  has(sid: string): boolean {
    return this.#clients.has(sid)
  }

  /** To one client, or to all when `sid` is undefined. */
  sendJson(type: string, data: JsonValue, sid?: string): void {
    this.#send(stringifyJson({ type, data }), sid)
  }

  /** To the client of the prompt that runs, and nobody else: ComfyUI itself sends some of these to everybody. */
  tellListener(type: string, data: JsonValue): void {
    if (this.clientId !== undefined) this.sendJson(type, data, this.clientId)
  }

  /** As tellListener, for a binary event. */
  tellListenerBinary(event: number, payload: Buffer): void {
    const header = Buffer.alloc(4)
    header.writeUInt32BE(event)
    if (this.clientId !== undefined) this.#send(Buffer.concat([header, payload]), this.clientId)
  }

  wantsPreviewMetadata(sid: string | undefined): boolean {
    const client = sid === undefined ? undefined : this.#clients.get(sid)
    return client !== undefined && memberOf(client.features, 'supports_preview_metadata') === true
  }

  close(): void {
    for (const socket of this.#sockets) socket.close(1001)
    this.#server.close()
  }

  #open(socket: WebSocket, wantedId: string): void {
    const sid = wantedId === '' ? this.#options.random.bytes(16).toString('hex') : wantedId
    const client: Client = { socket, features: {} }
    this.#clients.set(sid, client)
    this.#sockets.add(socket)
    // ws closes the socket with the right code by itself; without a listener the error would end the process.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (this.#clients.get(sid) === client) this.#clients.delete(sid)
    })
    let isFirst = true
    socket.on('message', (data, isBinary) => {
      if (isBinary) return
      if (isFirst) this.#negotiate(client, sid, data)
      isFirst = false
    })
    this.sendJson('status', { status: this.#options.status(), sid }, sid)
    if (this.clientId === sid && this.lastNodeId !== undefined)
      this.sendJson('executing', { node: this.lastNodeId }, sid)
  }

  #negotiate(client: Client, sid: string, data: RawData): void {
    const message = parseQuietly(data)
    if (!isJsonObject(message) || memberOf(message, 'type') !== 'feature_flags') return
    const features = memberOf(message, 'data') ?? {}
    client.features = isJsonObject(features) ? features : {}
    this.sendJson('feature_flags', this.#options.features, sid)
  }

  #send(message: string | Buffer, sid: string | undefined): void {
    const targets = sid === undefined ? Array.from(this.#clients.values()) : [this.#clients.get(sid)]
    for (const client of targets) {
      if (client?.socket.readyState !== 1) continue
      if (client.socket.bufferedAmount > MAX_BUFFERED_BYTES) client.socket.terminate()
      else client.socket.send(message)
    }
  }
}

function parseQuietly(data: RawData): JsonValue {
  try {
    return parseJson(toMessageBytes(data).toString('utf8'))
  } catch {
    // ComfyUI ignores what is no JSON.
    return null
  }
}
