import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { everyEnginePatch } from '../../proxy/core/enginePatches.ts'
import type { EngineContext } from './engineContext.ts'
import { EngineRequest, HttpAnswer } from './http/engineRequest.ts'
import { isForeignOrigin } from './http/originCheck.ts'
import { Router } from './http/router.ts'
import { carriesSecret, toHealthProof } from './http/secretCheck.ts'
import { findRequestUser } from './http/userCheck.ts'
import { addCompanionRoutes } from './routes/companionRoutes.ts'
import { addJobRoutes } from './routes/jobRoutes.ts'
import { addModelRoutes } from './routes/modelRoutes.ts'
import { addPageRoutes, sendStatic } from './routes/pageRoutes.ts'
import { addPromptRoutes } from './routes/promptRoutes.ts'
import { addSystemRoutes, COMFYUI_VERSION } from './routes/systemRoutes.ts'
import { addUploadRoutes } from './routes/uploadRoutes.ts'
import { addUserRoutes } from './routes/userRoutes.ts'
import { addViewRoutes } from './routes/viewRoutes.ts'

const HEALTH_PATH = '/gatehouse/companion/health'

/** What the engine proves to the gate, and who hears of each request. */
export interface EngineIdentity {
  readonly secret: string
  readonly bootId: string
  readonly worker: { readonly isAlive: boolean }
  readonly witness?: ((method: string, target: string) => void) | undefined
}

/** The engine's one listener on 127.0.0.1: who asks, for whom, and which route answers. */
export class EngineServer {
  readonly #context: EngineContext
  readonly #identity: EngineIdentity
  readonly #router = new Router()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(context: EngineContext, identity: EngineIdentity) {
    this.#context = context
    this.#identity = identity
    addPromptRoutes(this.#router, context)
    addJobRoutes(this.#router, context)
    addViewRoutes(this.#router)
    addUploadRoutes(this.#router)
    addUserRoutes(this.#router, context)
    addSystemRoutes(this.#router, context)
    addModelRoutes(this.#router, context)
    addPageRoutes(this.#router, context)
    addCompanionRoutes(this.#router, context)
    this.#router.add('GET', '/ws', () => {
      throw new HttpAnswer(400, 'No WebSocket UPGRADE hdr: None\n Can "Upgrade" only to "WebSocket".')
    })
    this.#server = createServer((message, response) => void this.#answer(message, response))
    // Uploads may take as long as they need; the gate in front has its own limits.
    this.#server.requestTimeout = 0
    // aiohttp's 75 s. Node's 5 s would close idle connections of the gate just when it sends on them again.
    this.#server.keepAliveTimeout = 75_000
    this.#server.headersTimeout = 80_000
    this.#server.on('upgrade', (message, socket, head) => this.#upgrade(message, socket, head))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  listen(port: number): Promise<number> {
    return new Promise((resolveListen, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject)
        const address = this.#server.address()
        resolveListen(typeof address === 'object' && address !== null ? address.port : port)
      })
    })
  }

  async close(): Promise<void> {
    this.#context.hub.close()
    await new Promise<void>((resolveClose) => {
      this.#server.close(() => resolveClose())
      for (const socket of this.#sockets) socket.destroySoon()
    })
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => response.destroy())
    this.#identity.witness?.(message.method ?? '', message.url ?? '')
    const request = new EngineRequest(message, response)
    try {
      await this.#route(request)
    } catch (error) {
      this.#answerError(request, error)
    }
    // A body that nobody read would block the connection.
    message.resume()
  }

  async #route(request: EngineRequest): Promise<void> {
    const { message } = request
    if (request.rawPath === HEALTH_PATH && request.method === 'GET') {
      this.#sendHealth(request)
      return
    }
    if (!carriesSecret(message, this.#identity.secret)) throw new HttpAnswer(403, 'forbidden')
    request.setUser(findRequestUser(message, request.rawPath, this.#context.users))
    if (isForeignOrigin(message)) throw new HttpAnswer(403)
    if (request.method === 'OPTIONS') request.sendEmpty()
    else if (!(await this.#router.dispatch(request))) await sendStatic(request, this.#context.frontendDirectory)
  }

  #sendHealth(request: EngineRequest): void {
    const nonce = request.query.get('nonce') ?? ''
    if (!/^[0-9a-f]{32}$/.test(nonce)) throw new HttpAnswer(403, 'forbidden')
    const { secret, bootId, worker } = this.#identity
    const proof = toHealthProof(secret, nonce, bootId)
    const facts = {
      ok: true,
      bootId,
      engine: 'practice',
      version: COMFYUI_VERSION,
      patches: everyEnginePatch,
      workerAlive: worker.isAlive,
      proof,
    }
    request.sendJson(facts)
  }

  #answerError(request: EngineRequest, error: unknown): void {
    if (error instanceof HttpAnswer) {
      if (error.text === undefined) request.send(error.status, '', error.headers)
      else request.sendText(error.status, error.text, error.headers)
      return
    }
    this.#context.log.add(`Error handling request: ${error instanceof Error ? error.message : 'unknown error'}`)
    request.sendText(500, '500 Internal Server Error\n\nServer got itself in trouble', { connection: 'close' })
  }

  #upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const target = message.url ?? ''
    this.#identity.witness?.('UPGRADE', target)
    const path = target.replace(/\?.*$/, '')
    const status = this.#checkUpgrade(message, path)
    if (status !== undefined) {
      const reason = STATUS_CODES[status] ?? ''
      socket.end(`HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const mark = target.indexOf('?')
    const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
    this.#context.hub.accept(message, socket, head, query.get('clientId') ?? '')
  }

  /** The status of the refusal; undefined lets the upgrade in. */
  #checkUpgrade(message: IncomingMessage, path: string): number | undefined {
    if (!carriesSecret(message, this.#identity.secret) || isForeignOrigin(message)) return 403
    try {
      findRequestUser(message, path, this.#context.users)
    } catch (error) {
      return error instanceof HttpAnswer ? error.status : 500
    }
    return /^(\/api)?\/ws$/.test(path) ? undefined : 404
  }
}
