import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { FanOut } from '../comfyui/fanOut.ts'
import { JobRegistry } from '../comfyui/jobs.ts'
import { formatExecuting, formatFeatureFlags, formatStatus, parseFeatureFlags } from '../comfyui/socketMessages.ts'
import { TabDirectory } from '../comfyui/tabs.ts'
import type { Tab } from '../comfyui/tabs.ts'
import { UpstreamSocket } from '../comfyui/upstreamSocket.ts'
import { GateError } from '../contract/errorCodes.ts'
import { engineUnavailable } from '../forward/httpForwarder.ts'
import { ClientSocket, closeCodes } from '../forward/webSocketRelay.ts'
import { selectSubprotocol } from '../http/credentials.ts'
import { parseQuery } from '../http/requestTarget.ts'
import type { Exchange } from './exchange.ts'
import type { LiveUse, PresenceRegistry } from './presence.ts'
import type { Principal } from './requestContext.ts'
import type { GateDependencies } from './services.ts'

const MAX_INBOUND_BYTES = 4 * 1024 * 1024
/** How long a prompt waits for the engine's events to be heard before it is refused. */
const COLLECTOR_DEADLINE_MS = 5_000
const MAX_SID_LENGTH = 256

/** A tab whose principal may change while it is open. */
interface OpenTab extends Tab {
  readonly use: LiveUse
  readonly client: ClientSocket
  /** The listener that carries it. */
  readonly carrier: object
  takesMetadata: boolean
  /** ComfyUI reads feature flags from the first text of a socket only (server.py, websocket_handler). */
  isFirstText: boolean
}

/** What the gate asks the engine by itself, over HTTP. */
export interface EngineQuestions {
  /** Which jobs it has; undefined when it did not say. */
  readQueue(): Promise<ReadonlySet<string> | undefined>
  /** To send its log to the gate's own socket; false when it did not agree. */
  subscribeToLogs(clientId: string): Promise<boolean>
}

/** Everybody's WebSockets on one side, the one socket of this start of the engine on the other. */
export class SocketHub {
  readonly jobs: JobRegistry
  readonly #dependencies: GateDependencies
  readonly #presence: PresenceRegistry
  readonly #questions: EngineQuestions
  readonly #tabs: TabDirectory
  readonly #fanOut: FanOut
  readonly #open = new Set<OpenTab>()
  readonly #server: WebSocketServer
  readonly #unsubscribe: () => void
  #collector: UpstreamSocket | undefined
  #engineFlags: Readonly<Record<string, unknown>> = {}
  #reconciling = false

  constructor(dependencies: GateDependencies, presence: PresenceRegistry, questions: EngineQuestions) {
    this.#dependencies = dependencies
    this.#presence = presence
    this.#questions = questions
    this.jobs = new JobRegistry(dependencies.random)
    this.#tabs = new TabDirectory(dependencies.clock)
    this.#fanOut = new FanOut(this.jobs, this.#tabs, {
      queueChanged: (total) => this.#onQueueChanged(total),
      flags: (flags) => {
        this.#engineFlags = flags
      },
    })
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_INBOUND_BYTES,
      handleProtocols: (offered) => selectSubprotocol(offered),
    })
    this.#unsubscribe = dependencies.engine.onStateChange(() => this.#followEngine())
    this.#followEngine()
  }

  /** The client_id of every prompt. @throws GateError ENGINE_UNAVAILABLE when events of a prompt would be lost */
  async collectorId(): Promise<string> {
    const collector = this.#collector
    if (collector === undefined || !(await collector.waitUntilOpen(COLLECTOR_DEADLINE_MS))) throw engineUnavailable()
    return collector.clientId
  }

  /** Upgrades a checked request. @throws GateError ENGINE_UNAVAILABLE or TOO_MANY_CONNECTIONS before anything was sent */
  accept(exchange: Exchange, request: IncomingMessage, socket: Socket, head: Buffer, carrier: object): void {
    const { principal } = exchange
    if (principal === undefined) throw new GateError('AUTH_REQUIRED', 'Sign in first.')
    if (this.#collector === undefined) throw engineUnavailable()
    this.#checkCount(principal)
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#welcome(webSocket, exchange, principal, carrier)
    })
  }

  /** Whether any administrator's tab wants the log, after this tab's wish was noted. */
  setWantsLogs(accountId: string, sid: string, wants: boolean): boolean {
    for (const tab of this.#open) {
      if (tab.accountId === accountId && tab.sid === sid && tab.administrator) tab.wantsLogs = wants
    }
    return [...this.#open].some((tab) => tab.wantsLogs)
  }

  tellStatus(accountId: string): void {
    this.#fanOut.tellStatus(accountId)
  }

  /** Closes the tabs that came over one listener, or all. */
  closeTabs(code: number, reason: string, carrier?: object): void {
    for (const tab of [...this.#open])
      if (carrier === undefined || tab.carrier === carrier) tab.client.close(code, reason)
  }

  close(): void {
    this.#unsubscribe()
    this.closeTabs(closeCodes.goingAway, 'shutting down')
    this.#collector?.close()
    this.#collector = undefined
  }

  #checkCount({ accountId }: Principal): void {
    const { settings } = this.#dependencies
    let own = 0
    for (const tab of this.#open) if (tab.accountId === accountId) own += 1
    if (own >= settings.get('limits.socketsPerUser') || this.#open.size >= settings.get('limits.sockets')) {
      throw new GateError('TOO_MANY_CONNECTIONS', 'Too many pages are open. Close some and try again.')
    }
  }

  #welcome(webSocket: WebSocket, exchange: Exchange, principal: Principal, carrier: object): void {
    const client = new ClientSocket(webSocket)
    const tab = this.#createTab(client, exchange, principal, carrier)
    this.#open.add(tab)
    this.#presence.add(tab.use)
    this.#tell('socket.opened', tab, exchange)
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary && Buffer.isBuffer(data)) this.#onClientText(tab, data)
    })
    webSocket.once('close', (code) => {
      this.#open.delete(tab)
      this.#tabs.remove(tab)
      this.#presence.remove(tab.use)
      this.#tell('socket.closed', tab, exchange, String(code))
    })
    this.#greet(tab)
  }

  #createTab(client: ClientSocket, exchange: Exchange, principal: Principal, carrier: object): OpenTab {
    const wanted = parseQuery(exchange.target.search).find(([name]) => name === 'clientId')?.[1] ?? ''
    const use: LiveUse = {
      principal,
      access: exchange.route.access,
      listener: exchange.listener,
      clientAddress: exchange.clientAddress,
      userAgent: exchange.head.userAgent,
      revision: exchange.revision,
      kind: 'socket',
      isStream: false,
      end: (reason) => {
        client.close(closeCodes[reason], reason)
        return true
      },
    }
    return {
      accountId: principal.accountId,
      sid:
        wanted !== '' && wanted.length <= MAX_SID_LENGTH ? wanted : this.#dependencies.random.bytes(16).toString('hex'),
      get administrator() {
        return use.principal.role === 'administrator'
      },
      takesMetadata: false,
      isFirstText: true,
      wantsLogs: false,
      use,
      client,
      carrier,
      send: (message) => client.send(message),
    }
  }

  /** As ComfyUI greets: the status with the tab's id first, then what runs; in between what waited for this tab. */
  #greet(tab: OpenTab): void {
    const { accountId, sid } = tab
    const text = (bytes: string): void => tab.send({ bytes, binary: false, preview: false })
    text(formatStatus(this.jobs.countActive(accountId), sid))
    const waiting = this.#tabs.takeWaiting(accountId, sid)
    for (const message of waiting) tab.send(message)
    this.#tabs.add(tab)
    const { running } = this.jobs
    const isOwn = running?.accountId === accountId && running.clientId === sid
    if (waiting.length === 0 && isOwn && running.currentNode !== undefined) text(formatExecuting(running.currentNode))
  }

  #onClientText(tab: OpenTab, bytes: Buffer): void {
    const flags = tab.isFirstText ? parseFeatureFlags(bytes) : undefined
    tab.isFirstText = false
    if (flags === undefined) return
    tab.takesMetadata = flags.metadata
    const limit = this.#dependencies.settings.get('limits.uploadBytes')
    const answer = { supports_preview_metadata: true, ...this.#engineFlags, max_upload_size: limit }
    tab.send({ bytes: formatFeatureFlags(answer), binary: false, preview: false })
  }

  #followEngine(): void {
    const connection = this.#dependencies.engine.connection()
    if (connection !== undefined && this.#collector?.isFor(connection) === true) return
    if (this.#collector !== undefined) {
      this.#collector.close()
      this.#collector = undefined
      this.jobs.forgetAll()
      this.#tabs.forgetWaiting()
      // As when ComfyUI itself ends: the page notices, and comes back when the engine does.
      this.closeTabs(closeCodes.goingAway, 'the engine stopped')
    }
    if (connection === undefined) return
    const clientId = `gatehouse-${this.#dependencies.random.bytes(16).toString('hex')}`
    const events = {
      text: (bytes: Buffer) => this.#fanOut.text(bytes),
      binary: (bytes: Buffer) => this.#fanOut.binary(bytes),
      opened: () => void this.#renewLogs(clientId),
    }
    this.#collector = new UpstreamSocket(connection, clientId, events, this.#dependencies.logger)
  }

  /** ComfyUI forgets the subscription of a socket that was gone for one line (0.3.64 api_server/services/terminal_service.py). */
  async #renewLogs(clientId: string): Promise<void> {
    if (![...this.#open].some((tab) => tab.wantsLogs && tab.administrator)) return
    if (await this.#questions.subscribeToLogs(clientId)) return
    this.#dependencies.logger.warn({}, 'the log of the engine is not heard any more: it did not renew the subscription')
  }

  /** The engine has fewer jobs than we think: some were taken out of the queue without an event. */
  #onQueueChanged(total: number): void {
    if (total >= this.jobs.acceptedIds().length || this.#reconciling) return
    this.#reconciling = true
    this.#reconcile()
      .catch((error: unknown) => this.#dependencies.logger.warn({ err: error }, 'the queue could not be compared'))
      .finally(() => {
        this.#reconciling = false
      })
  }

  async #reconcile(): Promise<void> {
    const before = this.jobs.acceptedIds()
    const known = await this.#questions.readQueue()
    if (known === undefined) return
    const lost = before.filter((promptId) => !known.has(promptId))
    const accounts = new Set(lost.map((promptId) => this.jobs.find(promptId)?.accountId))
    for (const promptId of lost) this.jobs.leave(promptId)
    for (const accountId of accounts) if (accountId !== undefined) this.#fanOut.tellStatus(accountId)
  }

  #tell(type: 'socket.opened' | 'socket.closed', { use }: OpenTab, exchange: Exchange, detail?: string): void {
    const { listener, clientAddress, method, target } = exchange
    const event = { type, listener, clientAddress, principal: use.principal, method, path: target.path }
    this.#dependencies.audit.record(detail === undefined ? event : { ...event, detail })
  }
}

const queueSchema = z.object({
  queue_running: z.array(z.tuple([z.unknown(), z.string()]).rest(z.unknown())),
  queue_pending: z.array(z.tuple([z.unknown(), z.string()]).rest(z.unknown())),
})

/** The ids in an answer of `GET /queue`. @throws Error when it is none */
export function readQueueIds(body: Buffer): ReadonlySet<string> {
  const { queue_running: running, queue_pending: pending } = queueSchema.parse(JSON.parse(body.toString('utf8')))
  return new Set([...running, ...pending].map(([, promptId]) => promptId))
}
