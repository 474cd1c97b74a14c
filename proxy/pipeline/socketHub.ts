import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { FanOut } from '../comfyui/fanOut.ts'
import { JobRegistry } from '../comfyui/jobs.ts'
import type { RoutedJob } from '../comfyui/jobs.ts'
import { formatExecuting, formatFeatureFlags, formatStatus, parseFeatureFlags } from '../comfyui/socketMessages.ts'
import { TabDirectory } from '../comfyui/tabs.ts'
import type { Tab } from '../comfyui/tabs.ts'
import { UpstreamSocket } from '../comfyui/upstreamSocket.ts'
import type { EngineState } from '../contract/comfyui.ts'
import { GateError } from '../contract/errorCodes.ts'
import { engineUnavailable } from '../forward/httpForwarder.ts'
import { ClientSocket, closeCodes } from '../forward/webSocketRelay.ts'
import { selectSubprotocol } from '../http/credentials.ts'
import { refuseHandshake } from '../http/refuseUnparsed.ts'
import { parseQuery } from '../http/requestTarget.ts'
import type { JobQueue } from '../jobs/jobQueue.ts'
import type { EngineBlame } from './engineBlame.ts'
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

/** Asks the engine, in an administrator's name, to send its log to the gate's own socket; false when it did not agree. */
export type SubscribeToLogs = (accountId: string, clientId: string) => Promise<boolean>

/** Everybody's WebSockets on one side, the one socket of this start of the engine on the other. */
export class SocketHub {
  /** Whose events are whose. */
  readonly jobs = new JobRegistry()
  readonly #dependencies: GateDependencies
  readonly #presence: PresenceRegistry
  readonly #subscribeToLogs: SubscribeToLogs
  readonly #blame: EngineBlame
  readonly #tabs: TabDirectory
  readonly #fanOut: FanOut
  readonly #open = new Set<OpenTab>()
  readonly #server: WebSocketServer
  readonly #unsubscribe: () => void
  #collector: UpstreamSocket | undefined
  #engineFlags: Readonly<Record<string, unknown>> = {}
  #comparing = false
  /** Kept for one start of the engine: a job's events go to the id that it was sent with. */
  #collectorName: { readonly bootId: string; readonly clientId: string } | undefined

  constructor(
    dependencies: GateDependencies,
    presence: PresenceRegistry,
    engine: { readonly subscribeToLogs: SubscribeToLogs; readonly blame: EngineBlame },
  ) {
    this.#dependencies = dependencies
    this.#presence = presence
    this.#subscribeToLogs = engine.subscribeToLogs
    this.#blame = engine.blame
    this.#tabs = new TabDirectory(dependencies.clock)
    this.#fanOut = new FanOut(this.jobs, this.#tabs, {
      queueChanged: (total) => this.#onQueueChanged(total),
      job: (promptId, type, node, bytes) => dependencies.jobs.onEvent(promptId, type, node, bytes),
      preview: (promptId, image) => dependencies.jobs.onPreview(promptId, image),
      countActive: (accountId) => dependencies.jobs.countActive(accountId),
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
    this.#server.on('wsClientError', (_error: Error, socket: Duplex) => refuseHandshake(socket))
    this.#unsubscribe = dependencies.engine.onStateChange(() => this.#followEngine())
    this.#followEngine()
  }

  /** The client_id of every prompt. @throws GateError ENGINE_UNAVAILABLE when events of a prompt would be lost */
  async collectorId(): Promise<string> {
    const collector = this.#collector
    if (collector === undefined || !(await collector.waitUntilOpen(COLLECTOR_DEADLINE_MS))) throw engineUnavailable()
    return collector.clientId
  }

  /** The start of the engine whose events are heard now. */
  listeningTo(): string | undefined {
    const connection = this.#dependencies.engine.connection()
    const isHeard = connection !== undefined && this.#collector?.isFor(connection) === true && this.#collector.isOpen
    return isHeard ? connection.bootId : undefined
  }

  /** As `collectorId`, without waiting. */
  openCollectorId(): string | undefined {
    return this.#collector?.isOpen === true ? this.#collector.clientId : undefined
  }

  /** Events of this job will come: called before the engine gets it. */
  expect(job: Omit<RoutedJob, 'currentNode'>): void {
    this.jobs.expect(job)
  }

  tellJob(promptId: string, text: string): void {
    this.#fanOut.tellJob(promptId, text)
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
      isOwn: false,
      method: exchange.method,
      segments: exchange.target.segments,
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
    text(formatStatus(this.#dependencies.jobs.countActive(accountId), sid))
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
    const state = this.#dependencies.engine.state()
    // A connection whose proof is asked for again is not an engine that is gone.
    if (state.kind !== 'ready') this.#tellEnd(state)
    const connection = this.#dependencies.engine.connection()
    if (connection !== undefined && this.#collector?.isFor(connection) === true) return
    if (this.#collector !== undefined) {
      this.#collector.close()
      this.#collector = undefined
      this.jobs.forgetRunning()
      this.#tabs.forgetWaiting()
      // As when ComfyUI itself ends: the page notices, and comes back when the engine does.
      this.closeTabs(closeCodes.goingAway, 'the engine stopped')
    }
    if (connection === undefined) return
    this.#blame.engineIs(connection.bootId)
    const clientId = this.#nameCollector(connection.bootId)
    const events = {
      opened: () => this.#onCollectorOpened(clientId),
      text: (bytes: Buffer) => this.#fanOut.text(bytes),
      binary: (bytes: Buffer) => this.#fanOut.binary(bytes),
    }
    this.#collector = new UpstreamSocket(connection, clientId, events, this.#dependencies.logger)
  }

  #tellEnd(state: EngineState): void {
    const code = state.kind === 'backingOff' || state.kind === 'failed' ? state.failure.code : ''
    this.#tellQueue((jobs) => jobs.engineEnded((job) => this.#blame.of(code, job)))
  }

  #onCollectorOpened(clientId: string): void {
    this.jobs.forgetRunning()
    this.#tellQueue((jobs) => jobs.engineReady())
    void this.#renewLogs(clientId)
  }

  /** ComfyUI forgets the subscription of a socket that was gone for one line (0.3.64 api_server/services/terminal_service.py). */
  async #renewLogs(clientId: string): Promise<void> {
    const reader = [...this.#open].find((tab) => tab.wantsLogs && tab.administrator)
    if (reader === undefined || (await this.#subscribeToLogs(reader.accountId, clientId))) return
    this.#dependencies.logger.warn({}, 'the log of the engine is not heard any more: it did not renew the subscription')
  }

  #nameCollector(bootId: string): string {
    if (this.#collectorName?.bootId !== bootId) {
      const clientId = `gatehouse-${this.#dependencies.random.bytes(16).toString('hex')}`
      this.#collectorName = { bootId, clientId }
    }
    return this.#collectorName.clientId
  }

  /** The engine has fewer jobs than it was given: some left without an event, or their events come just now. */
  #onQueueChanged(total: number): void {
    const { jobs } = this.#dependencies
    if (this.#comparing || total >= jobs.countUpstream()) return
    this.#comparing = true
    this.#tellQueue(async () => {
      await jobs.compare()
      this.#comparing = false
    })
  }

  #tellQueue(tell: (jobs: JobQueue) => Promise<void>): void {
    tell(this.#dependencies.jobs).catch((error: unknown) => {
      this.#comparing = false
      this.#dependencies.logger.error({ err: error }, 'the queue could not follow the engine')
    })
  }

  #tell(type: 'socket.opened' | 'socket.closed', { use }: OpenTab, exchange: Exchange, detail?: string): void {
    const { listener, clientAddress, method, target, head } = exchange
    const { principal } = use
    const { userAgent } = head
    const event = { type, listener, clientAddress, principal, userAgent, method, path: target.path }
    this.#dependencies.audit.record(detail === undefined ? event : { ...event, detail })
  }
}
