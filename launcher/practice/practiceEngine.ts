/**
 * The practice engine: a small engine that speaks ComfyUI 0.3.64's API, so that ComfyUI's own frontend and API clients
 * work with it. It owns its queue, its nodes and its folders; it knows nothing of the gate but the secret of this start.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { mkdir, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../proxy/core/clock.ts'
import type { Random } from '../../proxy/core/random.ts'
import { queueInfo, type EngineContext } from './engineContext.ts'
import { EngineLog } from './engineLog.ts'
import { Interruption } from './graph/interruption.ts'
import { PromptExecutor } from './graph/promptExecutor.ts'
import { PromptQueue } from './graph/promptQueue.ts'
import { EngineRequest, HttpAnswer, MAX_BODY_BYTES } from './http/engineRequest.ts'
import { isForeignOrigin } from './http/originCheck.ts'
import { Router } from './http/router.ts'
import { carriesSecret, isEngineSecret, toHealthProof } from './http/secretCheck.ts'
import type { EngineFolders } from './nodes/nodeClass.ts'
import { nodeClasses } from './nodes/nodeRegistry.ts'
import { addModelRoutes } from './routes/modelRoutes.ts'
import { addPageRoutes, sendStatic } from './routes/pageRoutes.ts'
import { addPromptRoutes } from './routes/promptRoutes.ts'
import { addSystemRoutes, COMFYUI_VERSION } from './routes/systemRoutes.ts'
import { addUploadRoutes } from './routes/uploadRoutes.ts'
import { addUserRoutes } from './routes/userRoutes.ts'
import { addViewRoutes } from './routes/viewRoutes.ts'
import { PracticeSockets } from './practiceSockets.ts'

const HEALTH_PATH = '/gatehouse/companion/health'
const FEATURES = { supports_preview_metadata: true, max_upload_size: MAX_BODY_BYTES }

export interface PracticeEngineOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly baseDirectory: string
  readonly frontendDirectory: string | undefined
  /** 64 lower-case hex digits. */
  readonly secret: string
  readonly clock: Clock
  readonly random: Random
  readonly writeLog: (text: string) => void
}

export interface PracticeEngine {
  readonly port: number
  readonly bootId: string
  /** Ends connections and runs, and removes what was temporary. */
  close(): Promise<void>
}

/** Starts the engine on 127.0.0.1. @throws TypeError for a bad secret, Error when port or folders cannot be had */
export async function startPracticeEngine(options: PracticeEngineOptions): Promise<PracticeEngine> {
  if (!isEngineSecret(options.secret)) throw new TypeError('the secret is not 64 lower-case hex digits')
  const folders = await prepareFolders(options.baseDirectory)
  const context = createContext(options, folders)
  const bootId = options.random.bytes(16).toString('hex')
  const worker = { isAlive: true }
  const engine = new EngineServer(context, { secret: options.secret, bootId, worker })
  const port = await engine.listen(options.port)
  runQueue(context).catch((error: unknown) => {
    worker.isAlive = false
    context.log.add(`The worker ended: ${error instanceof Error ? error.message : 'unknown error'}`)
  })
  context.log.add(`Practice engine, speaking as ComfyUI version: ${COMFYUI_VERSION}`)
  context.log.add(`To see the GUI go to: http://127.0.0.1:${port}`)
  return {
    port,
    bootId,
    close: async () => {
      context.interruption.request()
      await engine.close()
      await rm(folders.temp, { recursive: true, force: true })
    },
  }
}

async function prepareFolders(baseDirectory: string): Promise<EngineFolders> {
  const base = resolve(baseDirectory)
  const below = (name: string): string => join(base, name)
  const folders = {
    base,
    input: below('input'),
    output: below('output'),
    temp: below('temp'),
    user: below('user'),
    models: below('models'),
  }
  await rm(folders.temp, { recursive: true, force: true })
  for (const folder of [folders.input, folders.output, folders.temp, folders.user])
    await mkdir(folder, { recursive: true })
  return folders
}

function createContext(options: PracticeEngineOptions, folders: EngineFolders): EngineContext {
  const { clock, random } = options
  const interruption = new Interruption()
  const queue: PromptQueue = new PromptQueue(() => hub.sendJson('status', { status: queueInfo(queue) }))
  const hub = new PracticeSockets({ random, features: FEATURES, status: () => queueInfo(queue) })
  const executor = new PromptExecutor({ classes: nodeClasses, folders, hub, interruption, clock, random })
  return {
    folders,
    frontendDirectory: options.frontendDirectory,
    classes: nodeClasses,
    queue,
    executor,
    hub,
    interruption,
    log: new EngineLog(clock, options.writeLog),
    clock,
    random,
    features: FEATURES,
  }
}

async function runQueue({ queue, executor, hub, log, clock }: EngineContext): Promise<never> {
  for (;;) {
    const item = await queue.take()
    const startedAtMs = clock.nowMs()
    queue.finish(item, await executor.execute(item))
    if (hub.clientId !== undefined) hub.sendJson('executing', { node: null, prompt_id: item.promptId }, hub.clientId)
    log.add(`Prompt executed in ${((clock.nowMs() - startedAtMs) / 1000).toFixed(2)} seconds`)
  }
}

interface Identity {
  readonly secret: string
  readonly bootId: string
  readonly worker: { readonly isAlive: boolean }
}

class EngineServer {
  readonly #context: EngineContext
  readonly #identity: Identity
  readonly #router = new Router()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(context: EngineContext, identity: Identity) {
    this.#context = context
    this.#identity = identity
    addPromptRoutes(this.#router, context)
    addViewRoutes(this.#router, context)
    addUploadRoutes(this.#router, context)
    addUserRoutes(this.#router, context)
    addSystemRoutes(this.#router, context)
    addModelRoutes(this.#router, context)
    addPageRoutes(this.#router, context)
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
      patches: {},
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
    const path = target.replace(/\?.*$/, '')
    const isAllowed = carriesSecret(message, this.#identity.secret) && !isForeignOrigin(message)
    if (!isAllowed || !/^(\/api)?\/ws$/.test(path)) {
      const status = isAllowed ? '404 Not Found' : '403 Forbidden'
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const mark = target.indexOf('?')
    const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1))
    this.#context.hub.accept(message, socket, head, query.get('clientId') ?? '')
  }
}
