import { networkInterfaces } from 'node:os'
import { GateError } from './contract/errorCodes.ts'
import { closeCodes } from './forward/webSocketRelay.ts'
import type { Upstream } from './forward/upstream.ts'
import { defaultListenerLimits, Listener } from './http/listener.ts'
import type { ListenerLimits, ListenerOptions } from './http/listener.ts'
import { FirstDevices } from './network/firstDevices.ts'
import { ListenerSet } from './http/listenerSet.ts'
import { expandWildcards, isOwnAddress } from './network/lanAddresses.ts'
import { EngineErrands } from './pipeline/engineErrands.ts'
import { EngineUsers } from './pipeline/engineUsers.ts'
import type { PipelineEvent } from './pipeline/audit.ts'
import { handleRequest, handleUpgrade } from './pipeline/entry.ts'
import type { EntryServices } from './pipeline/entry.ts'
import { AccountCap } from './pipeline/accountCap.ts'
import { AccountTurns } from './pipeline/accountTurns.ts'
import { EngineBlame } from './pipeline/engineBlame.ts'
import { HeavyRequests } from './pipeline/heavyRequests.ts'
import { BODY_BYTES_PER_ACCOUNT, TURNS_PER_ACCOUNT } from './pipeline/forwardTurn.ts'
import { OwnHosts } from './pipeline/ownHosts.ts'
import { stages as allStages } from './pipeline/pipeline.ts'
import type { Stage } from './pipeline/pipeline.ts'
import { RequestPace } from './pipeline/requestPace.ts'
import { PresenceRegistry } from './pipeline/presence.ts'
import type { ConnectionSnapshot } from './pipeline/presence.ts'
import type { ListenerName } from './pipeline/requestContext.ts'
import type { GateDependencies } from './pipeline/services.ts'
import { freeIdleMemory, relieveMemory } from './pipeline/memoryRelief.ts'
import { createWorkflowEngine } from './pipeline/workflowEngine.ts'
import { SocketHub } from './pipeline/socketHub.ts'
import { CurrentUpstream } from './pipeline/upstreams.ts'
import type { WorkflowEngine } from './workflows/workflowParts.ts'
import { authorize } from './policy/authorize.ts'

export interface GateOptions {
  /** How long requests may still run when the gate closes; 5000 when left out. */
  readonly drainMs?: number
  readonly listenerLimits?: Partial<ListenerLimits>
  /** For tests of the pipeline itself. */
  readonly stages?: readonly Stage[]
  /** Which addresses are this computer's; left out: loopback and those of its network cards. */
  readonly isOwnAddress?: (address: string) => boolean
}

export interface Gate {
  /** Opens the owner's window's listener on 127.0.0.1. `url` has no slash at its end. */
  openOwnerListener(): Promise<{ url: string; port: number }>
  /** Opens the people's listener on this computer only. @throws GateError PORT_IN_USE when every tried port is taken */
  openPublicListener(options: { port: number; fallbackPorts?: number }): Promise<{ port: number }>
  /**
   * Opens the people's listener on another port, then ends sharing and everything that came over the old one.
   * @throws GateError PORT_IN_USE; then nothing has changed
   */
  movePublicListener(port: number): Promise<{ port: number }>
  /**
   * Shares the people's listener on exactly these addresses: missing ones are opened, others closed with everything
   * they carry. `0.0.0.0` and `::` stand for the addresses that this computer has now.
   * @throws GateError PORT_IN_USE; then nothing is shared
   */
  openSharing(addresses: readonly string[]): Promise<void>
  /** Ends sharing and everything that came over it. */
  closeSharing(): Promise<void>
  /** Browsers may ask for the gate by this name from now on; undefined: by none besides the settings'. */
  announceName(host: string | undefined): void
  /**
   * Lets administrators in on a port of its own, under TLS only, on exactly these addresses.
   * @throws GateError PORT_IN_USE; then nothing of it is open
   */
  openAdministration(addresses: readonly string[], port: number): Promise<void>
  /** Ends it and everything that came over it. */
  closeAdministration(): Promise<void>
  /** Devices that connect to the people's listener, each once a day; never this computer itself. */
  readonly devices: FirstDevices
  /** Whether an end of the engine with that failure's code is laid to the job that ran. Asked as soon as it is seen. */
  explains(failureCode: string): boolean
  /** For published workflows that are run over the API: into the same line as what ComfyUI's page sends. */
  readonly workflowEngine: WorkflowEngine
  /** Empties the graphics card's memory unless a job needs what is in it. @returns whether it was done */
  freeIdleMemory(): Promise<boolean>
  connections(): readonly ConnectionSnapshot[]
  onConnectionsChange(listener: () => void): () => void
  /** Stops listening, lets requests end for a while, closes sockets with 1001. May be called more than once. */
  close(): Promise<void>
}

/** How long a request may still run on a port that is left. */
const SHARING_DRAIN_MS = 200
/** One row of each is in memory at a time; whoever reads slowly keeps only their own others waiting. */
const LONG_ANSWERS = { perAccount: 2, overall: Infinity, maxWaiting: 64, waitMs: 30_000 }

export function createGate(dependencies: GateDependencies, options: GateOptions = {}): Gate {
  return new RunningGate(dependencies, options)
}

/** Composition: the only file that knows every part of the gate. */
class RunningGate implements Gate {
  readonly #dependencies: GateDependencies
  readonly #options: GateOptions
  readonly #upstreams: CurrentUpstream
  readonly #presence: PresenceRegistry
  readonly #hosts: OwnHosts
  readonly devices: FirstDevices
  readonly #hub: SocketHub
  readonly #blame: EngineBlame
  readonly #services: EntryServices
  readonly #stopRelieving: () => void
  readonly #unsubscribe: (() => void)[] = []
  readonly #shared = this.#createSet('public')
  readonly #administration = this.#createSet('administration')
  #owner: Listener | undefined
  #public: Listener | undefined
  #publicPort: number | undefined
  #closed: Promise<void> | undefined

  constructor(dependencies: GateDependencies, options: GateOptions) {
    this.#dependencies = dependencies
    this.#options = options
    const { engine, logger, clock, authenticator, settings } = dependencies
    this.#hosts = new OwnHosts(settings)
    const isOwn = (address: string): boolean => isOwnAddress(address, networkInterfaces())
    this.devices = new FirstDevices(clock, options.isOwnAddress ?? isOwn)
    this.#upstreams = new CurrentUpstream(engine, logger)
    this.#presence = new PresenceRegistry({
      clock,
      logger,
      authenticator,
      isAllowed: ({ access, isOwn, method, segments, listener, clientAddress }, principal) =>
        this.#mayStay(listener, clientAddress) &&
        authorize({
          access,
          isOwn,
          method,
          segments,
          listener,
          principal,
          managerFromOtherDevices: settings.get('comfyui.managerFromOtherDevices'),
        }).allowed,
    })
    const forwarderEvents = { unreachable: () => engine.reportUnreachable() }
    const upstream = (): Upstream | undefined => this.#upstreams.get()
    const heavy = new HeavyRequests(clock)
    this.#blame = new EngineBlame(clock, heavy)
    this.#hub = new SocketHub(dependencies, this.#presence, {
      subscribeToLogs: (accountId, clientId) => errands.subscribeToLogs(accountId, clientId),
      blame: this.#blame,
    })
    const { folders, nodes } = dependencies
    const users = new EngineUsers({ folders, rules: nodes }, logger, forwarderEvents)
    authenticator.onCredentialsChanged(() => void users.forgetGone(upstream()))
    folders.onMoved?.((accountId) => void users.moved(upstream(), accountId))
    const errands = new EngineErrands({ upstream, hub: this.#hub, engine, users, logger })
    const rulesChanged = dependencies.peerRules?.onChange(() => this.#presence.askAgain())
    if (rulesChanged !== undefined) this.#unsubscribe.push(rulesChanged)
    nodes.attach({
      bootId: () => upstream()?.bootId,
      ask: (path) => errands.readFacts(path),
      askFor: (accountId, path) => errands.askFor(accountId, { method: 'GET', path }),
    })
    this.#unsubscribe.push(
      engine.onStateChange(() => nodes.followEngine()),
      nodes.onChange(() => void users.rulesChanged(upstream())),
    )
    dependencies.jobs.attach(errands)
    this.#stopRelieving = engine.onMemoryPressure(() => {
      relieveMemory(dependencies.jobs, errands, this.#blame).catch((error: unknown) =>
        logger.error({ err: error }, 'what runs could not be stopped for want of memory'),
      )
    })
    this.#services = {
      dependencies,
      stages: options.stages ?? allStages,
      stageServices: {
        ...(dependencies.tls && { tls: dependencies.tls }),
        authenticator,
        settings,
        hostRules: () => this.#hosts.rules(),
        pace: new RequestPace(clock, settings),
        clientRules: dependencies.clientRules,
      },
      presence: this.#presence,
      hub: this.#hub,
      errands,
      upstream,
      users,
      forwarderEvents,
      turns: new AccountCap(TURNS_PER_ACCOUNT),
      bodies: new AccountCap(BODY_BYTES_PER_ACCOUNT),
      heavy,
      longAnswers: new AccountTurns(LONG_ANSWERS),
    }
  }

  async openOwnerListener(): Promise<{ url: string; port: number }> {
    if (this.#owner !== undefined) throw new TypeError('the owner listener is open already')
    this.#owner = this.#createListener('owner')
    const port = await this.#owner.listen('127.0.0.1', 0)
    return { url: `http://gatehouse.localhost:${port}`, port }
  }

  async openPublicListener(options: { port: number; fallbackPorts?: number }): Promise<{ port: number }> {
    if (this.#public !== undefined) throw new TypeError('the public listener is open already')
    const last = options.port + (options.fallbackPorts ?? 0)
    for (let port = options.port; ; port += 1) {
      const listener = this.#createListener('public')
      try {
        this.#publicPort = await listener.listen('127.0.0.1', port)
        this.#public = listener
        return { port: this.#publicPort }
      } catch (error) {
        if (port >= last || !(error instanceof GateError) || error.code !== 'PORT_IN_USE') throw error
      }
    }
  }

  async movePublicListener(port: number): Promise<{ port: number }> {
    const old = this.#public
    if (old === undefined) throw new TypeError('the public listener is not open')
    const listener = this.#createListener('public')
    this.#publicPort = await listener.listen('127.0.0.1', port)
    this.#public = listener
    await this.closeSharing()
    this.#hub.closeTabs(closeCodes.goingAway, 'the port changed', old)
    await old.close(SHARING_DRAIN_MS)
    return { port: this.#publicPort }
  }

  async openSharing(addresses: readonly string[]): Promise<void> {
    const port = this.#publicPort
    if (port === undefined) throw new TypeError('the public listener must be open before sharing')
    const wanted = expandWildcards(addresses, networkInterfaces())
    await this.#shared.open(wanted, port)
  }

  closeSharing(): Promise<void> {
    return this.#shared.close()
  }

  async openAdministration(addresses: readonly string[], port: number): Promise<void> {
    if (this.#dependencies.tls === undefined)
      throw new TypeError('without encryption nobody administers from elsewhere')
    await this.#administration.open(addresses, port)
  }

  closeAdministration(): Promise<void> {
    return this.#administration.close()
  }

  announceName(host: string | undefined): void {
    this.#hosts.setAnnounced(host)
  }

  explains(failureCode: string): boolean {
    return this.#dependencies.jobs.explains((job) => this.#blame.of(failureCode, job))
  }

  freeIdleMemory(): Promise<boolean> {
    return freeIdleMemory(this.#dependencies.jobs, this.#services.errands)
  }

  get workflowEngine(): WorkflowEngine {
    return createWorkflowEngine(this.#services)
  }

  connections(): readonly ConnectionSnapshot[] {
    return this.#presence.snapshot()
  }

  onConnectionsChange(listener: () => void): () => void {
    return this.#presence.onChange(listener)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const drainMs = this.#options.drainMs ?? 5_000
    this.#stopRelieving()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#hub.close()
    this.#presence.endStreams()
    const ofSets = [...this.#shared.takeAll(), ...this.#administration.takeAll()]
    const listeners = [this.#owner, this.#public, ...ofSets].flatMap((listener) => listener ?? [])
    await Promise.all(listeners.map((listener) => listener.close(drainMs)))
    this.#presence.close()
    this.#hosts.close()
    this.#upstreams.close()
  }

  #createSet(name: 'public' | 'administration'): ListenerSet {
    return new ListenerSet({
      create: () => this.#createListener(name),
      ended: (listener) => this.#hub.closeTabs(closeCodes.goingAway, 'sharing ended', listener),
      changed: (addresses) => this.#hosts.setListening(name, addresses),
    })
  }

  #createListener(name: ListenerName): Listener {
    const limits = { ...defaultListenerLimits, ...this.#options.listenerLimits }
    const listener: Listener = new Listener(
      {
        request: (request, response, socket) => void handleRequest(request, response, socket, name, this.#services),
        upgrade: (request, socket, head) =>
          void handleUpgrade(request, socket, head, { listener: name, carrier: listener }, this.#services),
        ...(name === 'public' && { connected: (address) => this.devices.connected(address) }),
        refused: (clientAddress, detail) => this.#tellRefused({ listener: name, clientAddress, detail }),
      },
      { limits, ...this.#wireOf(name) },
    )
    return listener
  }

  #tellRefused(about: Pick<PipelineEvent, 'listener' | 'clientAddress' | 'detail'>): void {
    const { audit, logger } = this.#dependencies
    try {
      audit.record({ ...about, type: 'connection.refused', principal: undefined, method: '', path: '' })
    } catch (error) {
      // Refused it is, whatever the log says.
      logger.error({ err: error }, 'a refused connection could not be recorded')
    }
  }

  /** Whoever a trusted proxy speaks for has no connection of their own that the listener could end. */
  #mayStay(listener: ListenerName, clientAddress: string): boolean {
    const { clientRules } = this.#dependencies
    return listener === 'owner' || clientRules === undefined || clientRules.decideClient(clientAddress) === 'allowed'
  }

  /** The owner's window is on this computer and must open whatever rules and certificates say. */
  #wireOf(name: ListenerName): Pick<ListenerOptions, 'rules' | 'tls' | 'tlsOnly'> {
    if (name === 'owner') return {}
    const { peerRules, tls } = this.#dependencies
    return { ...(peerRules && { rules: peerRules }), ...(tls && { tls }), tlsOnly: name === 'administration' }
  }
}
