import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

export type UpstreamHandler = (request: IncomingMessage, response: ServerResponse) => void

/** An engine that records whatever reaches it and answers as told; by default with a small JSON. */
export interface FakeUpstream {
  readonly port: number
  readonly seen: SeenRequest[]
  /** Open WebSockets of the gate, the newest last. */
  readonly sockets: WebSocket[]
  /** Texts that the gate sent on its sockets. */
  readonly received: string[]
  /** Urls of the gate's WebSockets. */
  readonly socketUrls: string[]
  /** Whom those name. */
  readonly socketUsers: unknown[]
  /** Answers `method path`, or a path whatever the method; the query does not count. */
  on(route: string, handler: UpstreamHandler): void
  /** Bodies of `PUT …/companion/users/{id}` by id, without their number; they count among no other requests. */
  readonly introduced: Map<string, string>
  /** Requests whose head arrived, also those whose body never ended. */
  readonly started: string[]
  close(): Promise<void>
}

const USERS = '/gatehouse/companion/users/'

function takeUser(request: IncomingMessage, response: ServerResponse, take: (body: string) => void): void {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const members = Object.entries(JSON.parse(body) as Record<string, unknown>)
    take(JSON.stringify(Object.fromEntries(members.filter(([name]) => name !== 'order'))))
    response.writeHead(204).end()
  })
}

export const SECRET = 'a'.repeat(64)

export async function startFakeUpstream(): Promise<FakeUpstream> {
  const handlers = new Map<string, UpstreamHandler>()
  const seen: SeenRequest[] = []
  const started: string[] = []
  const introduced = new Map<string, string>()
  const sockets: WebSocket[] = []
  const received: string[] = []
  const socketUrls: string[] = []
  const socketUsers: unknown[] = []
  const connections = new Set<Socket>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (request.method === 'PUT' && path.startsWith(USERS) && !handlers.has('PUT users')) {
      takeUser(request, response, (body) => introduced.set(path.slice(USERS.length), body))
      return
    }
    started.push(`${request.method ?? ''} ${request.url ?? ''}`)
    const chunks: Buffer[] = []
    const handler = handlers.get(`${request.method ?? ''} ${path}`) ?? handlers.get(path)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        body: Buffer.concat(chunks),
      })
      if (handler === undefined) {
        response.setHeader('content-type', 'application/json')
        response.setHeader('server', 'fake/1')
        response.end(JSON.stringify({ path: request.url }))
      }
    })
    handler?.(request, response)
  })
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: 512 * 1024 * 1024 })
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      socketUrls.push(request.url ?? '')
      socketUsers.push(request.headers['x-gatehouse-user'])
      sockets.push(webSocket)
      webSocket.on('message', (data) => received.push((data as Buffer).toString()))
      webSocket.on('error', () => undefined)
    })
  })
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    introduced,
    started,
    sockets,
    received,
    socketUrls,
    socketUsers,
    on: (route, handler) => handlers.set(route, handler),
    close: () =>
      new Promise((resolve) => {
        for (const socket of connections) socket.destroy()
        webSockets.close()
        server.close(() => resolve())
      }),
  }
}
