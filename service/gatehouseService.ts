import { join } from 'node:path'
import { Supervisor } from '../launcher/supervisor.ts'
import { system } from '../proxy/accounts/actedBy.ts'
import { describeDevice } from '../proxy/accounts/deviceName.ts'
import { openStores } from '../proxy/accounts/openStores.ts'
import { LogSweep } from '../proxy/audit/logSweep.ts'
import type { GuestSweep } from '../proxy/accounts/guestSweep.ts'
import { Argon2Process } from '../proxy/accounts/argon2Process.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { Engine } from '../proxy/comfyui/engine.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import { defaultKeyLifetimeDays, defaultScopes } from '../proxy/contract/keys.ts'
import { DAY_MS } from '../proxy/core/time.ts'
import { openDataFolder } from '../proxy/database/dataFolder.ts'
import { acquireLock } from '../proxy/database/lockFile.ts'
import type { FolderLock } from '../proxy/database/lockFile.ts'
import { chooseSecrets } from '../proxy/secrets/chooseSecrets.ts'
import type { Gate } from '../proxy/gate.ts'
import type { Folders } from '../proxy/folders/folders.ts'
import type { RetentionSweep } from '../proxy/folders/retentionSweep.ts'
import type { JobQueue } from '../proxy/jobs/jobQueue.ts'
import type { GateCertificates } from '../proxy/network/certificates/certificates.ts'
import type { NodeRights } from '../proxy/nodes/nodeRights.ts'
import type { StarterPublisher } from '../proxy/workflows/starterPublisher.ts'
import { describeConnections } from './connections.ts'
import type { AdministrationController } from './administrationController.ts'
import { createAdministration } from './createAdministration.ts'
import { createProtection } from './createProtection.ts'
import { createServiceGate } from './createServiceGate.ts'
import type { ServiceParts } from './createServiceGate.ts'
import { createSharing, sharingFromHere } from './createSharing.ts'
import { followWork } from './followWork.ts'
import { watchEngineTrouble } from './engineTrouble.ts'
import type { EngineChoices } from './engineChoices.ts'
import { createChoices } from './createChoices.ts'
import { logEngine } from './logEngine.ts'
import { openCertificates } from './openCertificates.ts'
import { collectWhenIdle } from './idleCollector.ts'
import { openFolders, openRetention } from './openFolders.ts'
import { openJobs } from './openJobs.ts'
import { noteSettings } from './noteSettings.ts'
import { openNodes } from './openNodes.ts'
import { openMadeUp } from './openReach.ts'
import { openOutputs } from './openOutputs.ts'
import type { OpenedOutputs } from './openOutputs.ts'
import { createWorkflowParts, openWorkflows } from './openWorkflows.ts'
import { PracticePage } from './practicePage.ts'
import type { GatehouseService, OpenedPage, ServiceOptions } from './serviceTypes.ts'
import type { SharingController } from './sharingController.ts'
import { logGate } from './logGate.ts'
import { stepsInOrder } from './stepsInOrder.ts'
import { openGuests } from './openGuests.ts'
import { createSupervisedEngine } from './supervisedEngine.ts'

/**
 * Opens the data folder and puts gate and launcher together; nothing listens and nothing runs yet.
 * @throws GateError in words: another Gatehouse uses the folder, its rights are too wide, secrets are unavailable, …
 */
export async function openService(options: ServiceOptions): Promise<GatehouseService> {
  const { dataDirectory, clock, random, logger, paths } = options
  openDataFolder(dataDirectory, options.platform)
  const lock = acquireLock({ directory: dataDirectory, clock, random })
  try {
    const secrets = options.secrets ?? chooseSecrets(process.env, paths.keychainWorker)
    const passwordArgon2 = new Argon2Process({ ...options.nodeCommand, entry: paths.hashWorker }, logger)
    const environment = process.env
    const stores = await openStores({ dataDirectory, clock, random, logger, secrets, passwordArgon2, environment })
    // The window's sessions never expire; those of a start that crashed must not hold in this one.
    await stores.ownerSessions.closeAll()
    const choices = createChoices(options, stores)
    const folders = openFolders(stores, options, () => choices.folders())
    await folders.folders.resume()
    const workflows = openWorkflows(stores, options)
    const madeUp = await openMadeUp(options, random)
    const nodes = await openNodes(stores, options, workflows, madeUp.people)
    const jobs = await openJobs(stores, folders.folders.room, options, { grants: workflows.runs, nodes })
    return new Service(options, { lock, stores, choices, madeUp, nodes, jobs, workflows, ...folders })
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Of ComfyUI's process. `gate` is asked later: it is made after this. */
function createSupervisor(options: ServiceOptions, { settings }: Stores, gate: () => Gate): Supervisor {
  const { clock, random, logger, platform, dataDirectory, restartRules } = options
  return new Supervisor({
    clock,
    random,
    logger,
    platform,
    pidFilePath: join(dataDirectory, 'engine.pid'),
    memoryCeilingPercent: () => settings.get('comfyui.memoryCeilingPercent'),
    isExplained: (code) => gate().explains(code),
    ...(restartRules === undefined ? {} : { restartRules }),
  })
}

class Service implements GatehouseService {
  readonly engine: Engine
  readonly practicePage: PracticePage
  readonly #sharing: SharingController
  readonly #administration: AdministrationController
  readonly #options: ServiceOptions
  readonly #lock: FolderLock
  readonly #stores: Stores
  readonly #jobs: JobQueue
  readonly #nodes: NodeRights
  readonly #folders: Folders
  readonly #outputs: OpenedOutputs
  readonly #protection: ReturnType<typeof createProtection>
  readonly #retention: RetentionSweep
  readonly #guests: GuestSweep
  readonly #logSweep: LogSweep
  readonly #supervisor: Supervisor
  readonly #choices: EngineChoices
  readonly #gate: Gate
  readonly #certificates: GateCertificates
  readonly #starter: StarterPublisher
  /** The API listens from its making on, which is before the gate's. */
  readonly #connectionListeners = new Set<() => void>()
  #ownerPort: number | undefined
  #stopCollecting: (() => void) | undefined
  #stopping: Promise<void> | undefined

  constructor(options: ServiceOptions, parts: ServiceParts) {
    const { stores, jobs, userFolders, folders } = parts
    this.#options = options
    this.#lock = parts.lock
    this.#stores = stores
    this.#jobs = jobs
    this.#nodes = parts.nodes
    this.#choices = parts.choices
    const { logger } = options
    this.#supervisor = createSupervisor(options, stores, () => this.#gate)
    this.engine = createSupervisedEngine(this.#supervisor, this.#choices)
    this.#outputs = openOutputs(stores, { jobs, folders: userFolders }, options)
    folders.attach({
      vacate: async (accountId, signal) => {
        await jobs.vacate(accountId, signal)
        await this.#outputs.outputs.recordNow()
      },
    })
    this.#folders = folders
    this.#retention = openRetention(stores, folders, this.#outputs.outputs, options)
    this.#guests = openGuests(stores, { jobs, folders, userFolders, logger, thumbnails: this.#outputs.thumbnails })
    this.#certificates = openCertificates(stores, options)
    this.#logSweep = new LogSweep({ log: stores.audit, settings: stores.settings, logger })
    this.practicePage = new PracticePage(this.#choices.practicePageDirectory)
    const engineTrouble = watchEngineTrouble(() => this.#supervisor.health, logger)
    const near = { options, stores, gate: () => this.#gate, tls: this.#certificates }
    this.#sharing = createSharing({ ...near, engineTrouble })
    this.#administration = createAdministration({ ...near, sharing: this.#sharing })
    // The API is made before the gate, and asked after it.
    const engineOfWorkflows = () => this.#gate.workflowEngine
    const workflows = createWorkflowParts(parts.workflows, engineOfWorkflows, { stores, nodes: parts.nodes, options })
    this.#starter = workflows.starter
    const connected = (): number => this.#gate.connections().filter(({ usesComfyui }) => usesComfyui).length
    this.#protection = createProtection(options, { jobs, connected, publicPort: () => this.#sharing.publicPort })
    this.#gate = createServiceGate(options, parts, {
      engine: this.engine,
      outputs: this.#outputs,
      certificates: this.#certificates,
      sharing: this.#sharing,
      administration: this.#administration,
      protection: this.#protection,
      workflows,
      engineTrouble,
      connections: { list: () => this.connections(), onChange: (listener) => this.onConnectionsChange(listener) },
      freeIdleMemory: () => this.#gate.freeIdleMemory(),
    })
    this.#gate.onConnectionsChange(() => {
      for (const listener of this.#connectionListeners) listener()
    })
  }

  get work(): GatehouseService['work'] {
    return followWork(this.#jobs)
  }

  get settings(): GatehouseService['settings'] {
    const { settings } = this.#stores
    return {
      get: (name) => settings.get(name),
      set: async (name, value) => {
        await noteSettings(this.#stores, () => settings.set(name, value))
      },
      onChange: (listener) => settings.onChange(listener),
    }
  }

  get sharing(): GatehouseService['sharing'] {
    return sharingFromHere(this.#sharing, this.#stores.audit)
  }

  get knocks(): GatehouseService['knocks'] {
    const { knocks } = this.#stores
    return {
      openUntilMs: () => knocks.openUntilMs,
      setOpen: (isOpen) => knocks.setOpen(isOpen, system),
      waiting: () => knocks.waitingIds(),
      onChange: (listener) => knocks.onChange(listener),
    }
  }

  get secretsKind(): GatehouseService['secretsKind'] {
    return this.#stores.secretStoreKind
  }

  async start(): Promise<void> {
    const { logger, mode } = this.#options
    this.#stopCollecting = collectWhenIdle()
    this.#retention.start()
    this.#guests.start()
    await this.#certificates.start()
    this.#logSweep.start()
    this.#stores.changes.on((resource) => {
      if (resource === 'users' || resource === 'keys' || resource === 'sessions') void this.#sharing.refreshPeople()
    })
    logEngine(this.engine, logger, this.#stores.audit)
    this.engine.onStateChange(() => {
      this.#sharing.look()
      void this.#starter.look(this.#sharing.describe().on)
    })
    this.#sharing.onChange(() => void this.#starter.look(this.#sharing.describe().on))
    if (mode === 'desktop') this.#ownerPort = (await this.#gate.openOwnerListener()).port
    logGate(this.#sharing, logger, this.#lock)
    await this.#sharing.start()
    await this.#administration.start()
    const refused = this.#sharing.refusal
    if (mode === 'headless' && refused !== undefined) throw refused
    this.#stores.audit.record({ event: 'gate.started', actor: { kind: 'system' } })
    await this.#supervisor.endOrphan()
    if (this.#choices.describe().kind === 'none') return
    if (mode === 'desktop' && !this.#stores.settings.get('comfyui.startWithGatehouse')) return
    if (mode === 'headless') return this.engine.start()
    this.engine.start().catch((error: unknown) => logger.warn({ err: error }, 'the engine was not started'))
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async openOwnerSession(): Promise<OpenedPage> {
    if (this.#ownerPort === undefined) throw new TypeError('the owner listener is not open')
    const session = await this.#stores.ownerSessions.openOwnerSession(this.#options.ownerName)
    return {
      url: `http://gatehouse.localhost:${this.#ownerPort}/gatehouse/owner`,
      cookie: { name: session.cookieName, value: session.token },
    }
  }

  async openCanvasSession(): Promise<OpenedPage> {
    const { localUrl, problem } = this.#sharing.describe()
    if (this.#sharing.publicPort === undefined) throw new GateError('PORT_IN_USE', problem ?? 'The gate is not open.')
    const session = await this.#stores.ownerSessions.openCanvasSession(localUrl.startsWith('https:'))
    return { url: localUrl, cookie: { name: session.cookieName, value: session.token } }
  }

  async moveFolder(accountId: string, picked: string): ReturnType<GatehouseService['moveFolder']> {
    const moved = await this.#folders.move(accountId, picked)
    const { name } = await this.#stores.accounts.get(accountId)
    const details = { of: accountId, name, to: moved.path, left: moved.left?.names ?? [] }
    this.#stores.audit.record({ event: 'folder.moved', actor: { kind: 'system' }, details })
    return moved
  }

  async findFolder(accountId: string): ReturnType<GatehouseService['findFolder']> {
    const { path, problem, state } = await this.#folders.get(accountId)
    if (path !== null && state === 'ready') return path
    throw new GateError('NOT_FOUND', problem ?? 'This folder is made with the first picture.')
  }

  connections(): ReturnType<GatehouseService['connections']> {
    return describeConnections(this.#gate.connections(), describeDevice)
  }

  onConnectionsChange(listener: () => void): () => void {
    this.#connectionListeners.add(listener)
    return () => this.#connectionListeners.delete(listener)
  }

  async people(): ReturnType<GatehouseService['people']> {
    const ownerId = await this.#stores.owner.findId()
    const accounts = await this.#stores.accounts.list()
    return accounts
      .filter((account) => !account.disabled && account.guestAddress === null)
      .map(({ id, name, role }) => ({ id, name, role, isOwner: id === ownerId }))
  }

  async createKeyFor(accountId: string, name: string): ReturnType<GatehouseService['createKeyFor']> {
    const account = await this.#stores.accounts.get(accountId)
    const { text, record } = await this.#stores.keys.create(
      {
        accountId: account.id,
        name,
        scopes: defaultScopes,
        expiresAtMs: this.#options.clock.nowMs() + defaultKeyLifetimeDays * DAY_MS,
      },
      { actor: { kind: 'system' } },
    )
    return { key: text, masked: record.masked }
  }

  findInstallations(): ReturnType<GatehouseService['findInstallations']> {
    return this.#choices.find()
  }

  inspectInstallation(directory: string, python?: string): ReturnType<GatehouseService['inspectInstallation']> {
    return this.#choices.inspect(directory, python)
  }

  chooseEngine(choice: Parameters<GatehouseService['chooseEngine']>[0]): Promise<void> {
    return noteSettings(this.#stores, () => this.#choices.choose(choice))
  }

  /** A move that is under way is taken back at once; the rest of it is set right at the next start. */
  async #closeFolders(): Promise<void> {
    this.#folders.close()
    await this.#retention.close()
    await this.#guests.close()
    await this.#logSweep.close()
  }

  async #stop(): Promise<void> {
    const { logger } = this.#options
    this.#stopCollecting?.()
    this.#protection.close()
    this.#stores.audit.record({ event: 'gate.stopped', actor: { kind: 'system' } })
    await stepsInOrder(
      [
        { name: 'folders', deadlineMs: 5_000, run: () => this.#closeFolders() },
        { name: 'administration', deadlineMs: 2_000, run: () => this.#administration.stop() },
        { name: 'sharing', deadlineMs: 6_000, run: () => this.#sharing.stop() },
        { name: 'certificates', deadlineMs: 6_000, run: () => this.#certificates.stop() },
        { name: 'gate', deadlineMs: 8_000, run: () => this.#gate.close() },
        { name: 'nodes', deadlineMs: 1_000, run: () => this.#nodes.close() },
        { name: 'engine', deadlineMs: 20_000, run: () => this.#supervisor.stop() },
        { name: 'window sessions', deadlineMs: 2_000, run: () => this.#stores.ownerSessions.closeAll() },
        { name: 'files of jobs', deadlineMs: 5_000, run: () => this.#outputs.close() },
        { name: 'jobs', deadlineMs: 2_000, run: () => this.#jobs.close() },
        { name: 'database', deadlineMs: 5_000, run: () => this.#stores.close() },
      ],
      logger,
    )
    this.#lock.release()
  }
}
export type { GatehouseService, ServiceOptions } from './serviceTypes.ts'
