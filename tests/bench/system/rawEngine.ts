/**
 * The fastest engine we can make: it answers from memory on raw sockets, so that what is measured is the gate. It stands
 * in the place of the practice engine and proves its health like every engine, but asks nobody for the secret: direct
 * access and nginx have none.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { everyEnginePatch } from '../../../proxy/core/enginePatches.ts'
import { broadcastRequest } from './rawEngineContract.ts'
import type { BroadcastRequest } from './rawEngineContract.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'base-directory': { type: 'string' },
    frontend: { type: 'string' },
    'exit-with-parent': { type: 'boolean' },
  },
})
const secret = process.env['GATEHOUSE_SECRET'] ?? ''
const bootId = randomBytes(16).toString('hex')

const SMALL_BODY_BYTES = 200
/** A route that the gate forwards as it is. */
const SMALL_PATH = '/embeddings'
const SMALL_START = `GET ${SMALL_PATH} `
const BLOCK = Buffer.alloc(1024 * 1024, 7)
const HEAD_END = '\r\n\r\n'

function answer(body: string, contentType = 'application/json; charset=utf-8'): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nServer: raw\r\n\r\n`
  return Buffer.from(head + body, 'latin1')
}

const emptyQueue = '{"queue_running": [], "queue_pending": []}'
const smallAnswer = answer(emptyQueue.padEnd(SMALL_BODY_BYTES))
const noContent = 'HTTP/1.1 204 No Content\r\nServer: raw\r\n\r\n'
const notFound = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'latin1')

const endOfJob = [
  ['execution_start', {}],
  ['execution_success', {}],
  ['executing', { node: null }],
] as const

interface Head {
  readonly method: string
  readonly target: string
  readonly text: string
}

function headerOf(text: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(text)?.[1]
}

/** One connection: heads and bodies one after the other, as much HTTP/1.1 as the clients of this benchmark speak. */
class Connection {
  readonly #socket: Socket
  #pending: Buffer = Buffer.alloc(0)
  #head: Head | undefined
  #bodyLeft = 0
  #isChunked = false
  #body: Buffer[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => socket.destroy())
  }

  #take(chunk: Buffer): void {
    // What nearly every request is: one whole small GET in one chunk.
    if (this.#head === undefined && this.#pending.length === 0 && isWholeSmallRequest(chunk)) {
      this.#socket.write(smallAnswer)
      return
    }
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#pending.length > 0 && this.#step()) continue
  }

  /** @returns whether more of what is pending can be taken */
  #step(): boolean {
    return this.#head === undefined ? this.#takeHead() : this.#takeBody(this.#head)
  }

  #takeHead(): boolean {
    const end = this.#pending.indexOf(HEAD_END)
    if (end === -1) return false
    const text = this.#pending.subarray(0, end).toString('latin1')
    const [method = '', target = ''] = text.split(' ', 2)
    if (headerOf(text, 'upgrade') !== undefined) {
      this.#handOver()
      return false
    }
    this.#head = { method, target, text }
    this.#bodyLeft = Number(headerOf(text, 'content-length') ?? 0)
    this.#isChunked = headerOf(text, 'transfer-encoding') !== undefined
    this.#body = []
    this.#pending = this.#pending.subarray(end + HEAD_END.length)
    if (this.#bodyLeft === 0 && !this.#isChunked) this.#finish(this.#head)
    return true
  }

  #takeBody(head: Head): boolean {
    const isUpload = head.target.startsWith('/upload')
    if (this.#isChunked) {
      const isLast = this.#pending.subarray(-5).toString('latin1') === '0\r\n\r\n'
      if (!isUpload) this.#body.push(this.#pending)
      this.#pending = Buffer.alloc(0)
      if (isLast) this.#finish(head)
      return false
    }
    const taken = Math.min(this.#bodyLeft, this.#pending.length)
    if (!isUpload) this.#body.push(this.#pending.subarray(0, taken))
    this.#bodyLeft -= taken
    this.#pending = this.#pending.subarray(taken)
    if (this.#bodyLeft === 0) this.#finish(head)
    return true
  }

  #finish(head: Head): void {
    this.#head = undefined
    const path = head.target.split('?')[0] ?? ''
    if (path === SMALL_PATH || path === '/queue') this.#socket.write(smallAnswer)
    else if (path === '/view') this.#download(downloadBytes(head))
    else if (path.startsWith('/upload'))
      this.#socket.write(answer('{"name": "a.png", "subfolder": "", "type": "input"}'))
    else if (path === '/prompt') this.#prompt(Buffer.concat(this.#body).toString('utf8'))
    else if (path === '/bench/broadcast') {
      broadcast(broadcastRequest.parse(JSON.parse(Buffer.concat(this.#body).toString('utf8'))))
      this.#socket.write(answer('{}'))
    } else if (path === '/gatehouse/companion/health') this.#health(head)
    else if (path.startsWith('/gatehouse/companion/users/')) this.#socket.write(noContent)
    else if (path.startsWith('/history/')) this.#socket.write(answer('{}'))
    else if (path === '/gatehouse/companion/validate') this.#socket.write(answer('{"node_errors": {}}'))
    else this.#socket.write(notFound)
  }

  #download(bytes: number): void {
    this.#socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: ${bytes}\r\nServer: raw\r\n\r\n`,
      'latin1',
    )
    let left = bytes
    const fill = (): void => {
      while (left > 0) {
        const block = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left)
        left -= block.length
        if (!this.#socket.write(block) && left > 0) {
          this.#socket.once('drain', fill)
          return
        }
      }
    }
    fill()
  }

  #prompt(text: string): void {
    const asked: unknown = JSON.parse(text)
    const named = typeof asked === 'object' && asked !== null && 'prompt_id' in asked ? asked.prompt_id : undefined
    const promptId = typeof named === 'string' ? named : randomUUID()
    this.#socket.write(answer(JSON.stringify({ prompt_id: promptId, number: 1, node_errors: {} })))
    // Over at once, because the gate hands over one job after the other; late messages still reach whose job it was.
    for (const [type, more] of endOfJob)
      gateSocket?.send(JSON.stringify({ type, data: { prompt_id: promptId, ...more } }))
  }

  #health(head: Head): void {
    const nonce = new URLSearchParams(head.target.split('?')[1] ?? '').get('nonce') ?? ''
    const proof = createHmac('sha256', secret).update(`health\n${nonce}\n${bootId}`).digest('hex')
    const facts = {
      ok: true,
      bootId,
      engine: 'practice',
      version: '0.3.64',
      patches: everyEnginePatch,
      workerAlive: true,
      proof,
    }
    this.#socket.write(answer(JSON.stringify(facts)))
  }

  #handOver(): void {
    const rest = this.#pending
    this.#pending = Buffer.alloc(0)
    this.#socket.removeAllListeners('data')
    this.#socket.pause()
    this.#socket.unshift(rest)
    webServer.emit('connection', this.#socket)
    this.#socket.resume()
  }
}

function isWholeSmallRequest(chunk: Buffer): boolean {
  return (
    chunk.length < 4096 &&
    chunk.toString('latin1', 0, SMALL_START.length) === SMALL_START &&
    chunk.indexOf(HEAD_END) === chunk.length - HEAD_END.length
  )
}

/** The size asked for stands in the file's name: `100000000.png`. */
function downloadBytes(head: Head): number {
  const name = new URLSearchParams(head.target.split('?')[1] ?? '').get('filename') ?? ''
  return Number.parseInt(name, 10) || SMALL_BODY_BYTES
}

const webServer = createHttpServer((_request, response) => response.writeHead(404).end())
const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 16 * 1024 * 1024 })
const byClient = new Map<string, WebSocket>()
let gateSocket: WebSocket | undefined

webServer.on('upgrade', (request: IncomingMessage, socket, head) => {
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    const clientId = new URLSearchParams((request.url ?? '').split('?')[1] ?? '').get('clientId') ?? randomUUID()
    byClient.set(clientId, webSocket)
    if (request.headers['x-gatehouse-secret'] !== undefined) gateSocket = webSocket
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('close', () => byClient.delete(clientId))
    const status = { status: { exec_info: { queue_remaining: 0 } }, sid: clientId }
    webSocket.send(JSON.stringify({ type: 'status', data: status }))
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary && Buffer.isBuffer(data) && data.includes('feature_flags')) {
        webSocket.send('{"type":"feature_flags","data":{"supports_preview_metadata":true,"max_upload_size":104857600}}')
      }
    })
  })
})

/** Microseconds of the clock that all processes of this computer share. */
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)

function textMessage(promptId: string, bytes: number): string {
  const make = (node: string): string =>
    JSON.stringify({ type: 'progress', data: { value: nowUs(), max: 20, prompt_id: promptId, node } })
  const bare = make('').length
  return make('3'.padEnd(Math.max(1, bytes - bare), '0'))
}

function previewMessage(promptId: string, bytes: number): Buffer {
  const names = { node_id: '3', prompt_id: promptId, parent_node_id: '3', display_node_id: '3', real_node_id: '3' }
  const metadata = Buffer.from(JSON.stringify({ ...names, image_type: 'image/jpeg' }))
  const image = Buffer.alloc(bytes)
  image.writeUInt16BE(0xffd8, 0)
  image.writeDoubleBE(nowUs(), 16)
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(4, 0)
  prefix.writeUInt32BE(metadata.length, 4)
  return Buffer.concat([prefix, metadata, image])
}

/** Sends `hz` rounds a second, in each one message for everybody, until `rounds` are done. */
function broadcast({ over, recipients, kind, bytes, hz, rounds }: BroadcastRequest): void {
  let round = 0
  const startMs = performance.now()
  const send = (): void => {
    for (const { clientId, promptId } of recipients) {
      const socket = over === 'gate' ? gateSocket : byClient.get(clientId)
      socket?.send(kind === 'text' ? textMessage(promptId, bytes) : previewMessage(promptId, bytes))
    }
    round += 1
    if (round < rounds) setTimeout(send, Math.max(0, startMs + (round * 1000) / hz - performance.now()))
  }
  send()
}

const server = createServer({ noDelay: true }, (socket) => new Connection(socket))
server.listen(Number(values.port), '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  writeFileSync(join(dirname(process.argv[1] ?? '.'), 'rawEngine.json'), JSON.stringify({ port, pid: process.pid }))
})
process.on('SIGTERM', () => process.exit(0))
process.on('SIGINT', () => process.exit(0))
if (values['exit-with-parent']) process.stdin.on('end', () => process.exit(0)).resume()
