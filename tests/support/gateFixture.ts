import { GateError } from '../../proxy/contract/errorCodes.ts'
import type { EngineState } from '../../proxy/contract/comfyui.ts'
import { rolePermissions, roleWords } from '../../proxy/contract/roles.ts'
import type { Role, RoleId } from '../../proxy/contract/roles.ts'
import type { Permission } from '../../proxy/contract/permissions.ts'
import type { Scope } from '../../proxy/contract/keys.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import type { Engine, EngineConnection } from '../../proxy/comfyui/engine.ts'
import { mayRunJob, noGrants } from '../../proxy/policy/mayRun.ts'
import type { WorkflowGrantReader } from '../../proxy/policy/mayRun.ts'
import type { RoomCheck } from '../../proxy/jobs/roomCheck.ts'
import type { JobTimings, RunRights } from '../../proxy/jobs/jobQueueTypes.ts'
import type { FolderSet } from '../../proxy/isolation/userFolders.ts'
import type { UserFolderSource } from '../../proxy/pipeline/engineUsers.ts'
import type { GateDependencies, InputRoom, NodeGuard } from '../../proxy/pipeline/services.ts'
import { createGate } from '../../proxy/gate.ts'
import type { Gate, GateOptions } from '../../proxy/gate.ts'
import type { PeerRules } from '../../proxy/http/peerRules.ts'
import type { TlsSource } from '../../proxy/http/tlsSource.ts'
import type { PipelineEvent } from '../../proxy/pipeline/audit.ts'
import type {
  AuthenticationInput,
  Authenticator,
  OwnApplication,
  Principal,
  SessionSurface,
} from '../../proxy/pipeline/requestContext.ts'
import { FakeNodes } from './fakeNodes.ts'
import { FakeSettings } from './fakeSettings.ts'
import { openJobQueueFixture } from './jobQueueFixture.ts'
import type { JobQueueFixture } from './jobQueueFixture.ts'
import { SECRET, startFakeUpstream } from './fakeUpstream.ts'
import type { FakeUpstream } from './fakeUpstream.ts'

export { FakeSettings } from './fakeSettings.ts'

const tokenOf = ({ presented }: AuthenticationInput): string =>
  presented.kind === 'basic' ? presented.key : presented.token

/** Knows principals by token, and lets a test revoke or change them. */
export class FakeAuthenticator implements Authenticator {
  readonly #byToken = new Map<string, Principal>()
  readonly #listeners = new Set<() => void>()
  /** Set to make every question fail as a broken database does. */
  fault: Error | undefined
  asked = 0
  last: AuthenticationInput | undefined

  set(token: string, principal: Principal): void {
    this.#byToken.set(token, principal)
  }

  /** Which published workflows are granted; none unless a test says so. */
  grants: WorkflowGrantReader = noGrants

  /** As the queue asks: whoever has any credential left. */
  findRights(accountId: string): Promise<RunRights | undefined> {
    const principal = [...this.#byToken.values()].find((known) => known.accountId === accountId)
    if (principal === undefined) return Promise.resolve(undefined)
    const { baseRole: role } = principal
    return Promise.resolve({ role, mayRun: ({ published }) => mayRunJob(principal, published?.id, this.grants) })
  }

  revoke(token: string): void {
    this.#byToken.delete(token)
    this.changed()
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  authenticate(input: AuthenticationInput): Promise<Principal> {
    this.asked += 1
    this.last = input
    if (this.fault !== undefined) return Promise.reject(this.fault)
    const principal = this.#byToken.get(tokenOf(input))
    if (principal === undefined) return Promise.reject(new GateError('AUTH_INVALID', 'That sign-in does not hold.'))
    return Promise.resolve(principal)
  }

  reauthenticate(principal: Principal): Promise<Principal | undefined> {
    if (this.fault !== undefined) return Promise.reject(this.fault)
    const id = credentialId(principal)
    return Promise.resolve([...this.#byToken.values()].find((known) => credentialId(known) === id))
  }

  onCredentialsChanged(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function credentialId({ credential }: Principal): string {
  if (credential.kind === 'token') return credential.tokenId
  return credential.kind === 'session' ? credential.sessionId : credential.keyId
}

export class FakeEngine implements Engine {
  readonly #listeners = new Set<(state: EngineState) => void>()
  #connection: EngineConnection | undefined
  unreachable = 0

  set(connection: EngineConnection | undefined): void {
    this.#connection = connection
    for (const listener of this.#listeners) listener(this.state())
  }

  state(): EngineState {
    const connection = this.#connection
    if (connection === undefined) return { kind: 'stopped' }
    return { kind: 'ready', sinceMs: 0, pid: 1, port: connection.port, engine: 'practice', version: '0.3.64' }
  }

  choice = () => ({ kind: 'practice' }) as const

  connection(): EngineConnection | undefined {
    return this.#connection
  }

  onStateChange(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start = (): Promise<void> => Promise.resolve()
  stop = (): Promise<void> => Promise.resolve()
  restart = (): Promise<void> => Promise.resolve()
  hungEnds = 0
  endHung = (): Promise<void> => {
    this.hungEnds += 1
    return Promise.resolve()
  }
  readonly #pressureListeners = new Set<() => void>()
  onMemoryPressure = (listener: () => void): (() => void) => {
    this.#pressureListeners.add(listener)
    return () => this.#pressureListeners.delete(listener)
  }
  pressMemory(): void {
    for (const listener of this.#pressureListeners) listener()
  }
  notices = (): readonly string[] => []
  logLines = () => []
  onLogLine = () => () => undefined

  reportUnreachable(): void {
    this.unreachable += 1
  }
}

export const accountIdOf = (name: string): string => name.padEnd(16, '0').slice(0, 16)

/** A role that the owner made, as the fixtures know it. */
export interface CustomRole {
  readonly id: RoleId
  readonly title: string
  readonly base: Role
  readonly permissions: readonly Permission[]
}

/** Runs what was made ready, on ComfyUI's page too, and has no account to look after. */
export const customRole: CustomRole = {
  id: 'studio',
  title: 'Studio',
  base: 'user',
  permissions: ['canvas', 'workflows', 'jobs', 'outputs'],
}

/** What somebody is, whatever they came with. */
export function personOf(name: string, role: Role | CustomRole): Omit<Principal, 'credential'> {
  const [id, title, base, permissions] =
    typeof role === 'string'
      ? [role, roleWords[role].title, role, rolePermissions[role]]
      : [role.id, role.title, role.base, role.permissions]
  return {
    accountId: accountIdOf(name),
    name,
    role: id,
    roleTitle: title,
    baseRole: base,
    permissions: new Set(permissions),
  }
}

export function keyPrincipal(
  name: string,
  role: Role | CustomRole,
  scopes: readonly Scope[] = ['run', 'read'],
  workflowId?: string,
): Principal {
  const only = workflowId === undefined ? '' : `-${workflowId}`
  return {
    ...personOf(name, role),
    credential: { kind: 'apiKey', keyId: `key-${name}-${scopes.join('-')}${only}`, scopes, workflowId },
  }
}

export function sessionPrincipal(
  name: string,
  role: Role | CustomRole,
  more: { surface?: SessionSurface; fromOwnerWindow?: boolean } = {},
): Principal {
  const surface = more.surface ?? 'people'
  const credential = {
    kind: 'session',
    sessionId: `session-${name}-${surface}-${String(more.fromOwnerWindow === true)}`,
    surface,
    fromOwnerWindow: more.fromOwnerWindow === true,
  } as const
  return { ...personOf(name, role), credential }
}

/** Tokens that every fixture knows. */
export const tokens = {
  admin: 'token-admin',
  adminAll: 'token-admin-all',
  creator: 'token-creator',
  creator2: 'token-creator-2',
  reader: 'token-reader',
  user: 'token-user',
  viewer: 'token-viewer',
  guest: 'token-guest',
  studio: 'token-studio',
  adminSession: 'token-admin-session',
  creatorSession: 'token-creator-session',
  userSession: 'token-user-session',
  canvasSession: 'token-canvas-session',
  ownerSession: 'token-owner-session',
  administrationSession: 'token-administration-session',
} as const

function knowEverybody(authenticator: FakeAuthenticator): void {
  authenticator.set(tokens.admin, keyPrincipal('ada', 'administrator'))
  authenticator.set(tokens.adminAll, keyPrincipal('ada', 'administrator', ['run', 'read', 'keys', 'administer']))
  authenticator.set(tokens.creator, keyPrincipal('cleo', 'creator'))
  authenticator.set(tokens.creator2, keyPrincipal('cora', 'creator'))
  authenticator.set(tokens.reader, keyPrincipal('rhea', 'creator', ['read']))
  authenticator.set(tokens.user, keyPrincipal('uma', 'user'))
  authenticator.set(tokens.viewer, keyPrincipal('vera', 'viewer'))
  authenticator.set(tokens.studio, keyPrincipal('stu', customRole))
  authenticator.set(tokens.guest, keyPrincipal('gus', 'guest'))
  authenticator.set(tokens.adminSession, sessionPrincipal('ada', 'administrator'))
  authenticator.set(tokens.creatorSession, sessionPrincipal('cleo', 'creator'))
  authenticator.set(tokens.userSession, sessionPrincipal('uma', 'user'))
  authenticator.set(tokens.canvasSession, sessionPrincipal('ada', 'administrator', { fromOwnerWindow: true }))
  authenticator.set(tokens.ownerSession, sessionPrincipal('ada', 'administrator', { surface: 'owner' }))
  authenticator.set(
    tokens.administrationSession,
    sessionPrincipal('ada', 'administrator', { surface: 'administration' }),
  )
}

/** Everybody works in ComfyUI's own folders, as if each were the owner. */
export class FakeFolders implements UserFolderSource {
  readonly sets = new Map<string, FolderSet>()
  readonly cleared: string[] = []
  /** Set to make every question fail. */
  fault: Error | undefined

  ensure(accountId: string): Promise<FolderSet> {
    if (this.fault !== undefined) return Promise.reject(this.fault)
    return Promise.resolve(this.sets.get(accountId) ?? OWN_FOLDERS)
  }

  readonly gone: string[] = []
  readonly #moveListeners = new Set<(accountId: string) => void>()

  onMoved(listener: (accountId: string) => void): () => void {
    this.#moveListeners.add(listener)
    return () => this.#moveListeners.delete(listener)
  }

  /** The person's files lie elsewhere from now on. */
  move(accountId: string, set: FolderSet): void {
    this.sets.set(accountId, set)
    for (const listener of this.#moveListeners) listener(accountId)
  }

  findGone(accountIds: readonly string[]): Promise<string[]> {
    return Promise.resolve(accountIds.filter((id) => this.gone.includes(id)))
  }

  clearTemp(accountId: string): Promise<void> {
    this.cleared.push(accountId)
    return Promise.resolve()
  }
}

const OWN_FOLDERS: FolderSet = {
  inputDirectory: null,
  outputDirectory: null,
  tempDirectory: null,
  userdataDirectory: null,
}

export interface GateFixture {
  readonly gate: Gate
  readonly engine: FakeEngine
  readonly authenticator: FakeAuthenticator
  readonly settings: FakeSettings
  readonly folders: FakeFolders
  readonly nodes: FakeNodes
  readonly queue: JobQueueFixture
  readonly upstream: FakeUpstream
  readonly events: PipelineEvent[]
  /** The people's listener, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Requests that the gate's own application was asked. */
  readonly ownSeen: string[]
  close(): Promise<void>
}

export interface FixtureOptions extends GateOptions {
  readonly ownApplication?: OwnApplication
  readonly jobTimings?: Partial<JobTimings>
  /** Where the journal lies; left out: in a folder that goes when the fixture closes. */
  readonly jobsDirectory?: string
  /** Instead of folders that everybody shares. */
  readonly folders?: UserFolderSource
  /** Instead of rules that allow everything. */
  readonly nodes?: NodeGuard
  /** Left out: nobody counts. */
  readonly room?: InputRoom & RoomCheck
  /** A server of the test's own instead of the recording one. */
  readonly upstreamPort?: number
  /** false: the engine is not ready. */
  readonly ready?: boolean
  /** A supervised one instead of the one that the test sets. */
  readonly supervised?: Engine
  /** Left out: nothing is encrypted. */
  readonly tls?: TlsSource
  /** Left out: the home's networks. */
  readonly peerRules?: PeerRules
  /** What the gate is given in the end. */
  readonly adapt?: (parts: GateDependencies) => GateDependencies
}

/** A gate on a free port in front of a recording engine, with everybody in `tokens` known. */
export async function openGateFixture(options: FixtureOptions = {}): Promise<GateFixture> {
  const {
    ownApplication,
    upstreamPort,
    ready = true,
    folders: givenFolders,
    nodes: givenNodes,
    jobTimings = {},
    jobsDirectory,
    supervised,
    room,
    tls,
    peerRules,
    adapt = (parts) => parts,
    ...gateOptions
  } = options
  const upstream = await startFakeUpstream()
  const engine = new FakeEngine()
  const connection = { port: upstreamPort ?? upstream.port, secret: SECRET, bootId: '1'.repeat(32) }
  if (ready) engine.set(connection)
  const authenticator = new FakeAuthenticator()
  knowEverybody(authenticator)
  const settings = new FakeSettings()
  const folders = new FakeFolders()
  const nodes = new FakeNodes()
  const events: PipelineEvent[] = []
  const ownSeen: string[] = []
  const queue = await openJobQueueFixture({
    settings,
    rights: {
      find: (accountId) => authenticator.findRights(accountId),
      onChange: (listener) => authenticator.onCredentialsChanged(listener),
    },
    timings: jobTimings,
    ...(room && { room }),
    ...(jobsDirectory === undefined ? {} : { directory: jobsDirectory }),
  })
  const gate = createGate(
    adapt({
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      engine: supervised ?? engine,
      authenticator,
      settings,
      folders: givenFolders ?? folders,
      nodes: givenNodes ?? nodes,
      ...(room && { room }),
      ...(tls && { tls }),
      ...(peerRules && { peerRules }),
      jobs: queue.jobs,
      audit: { record: (event) => events.push(event) },
      ownApplication: (request, response, context) => {
        ownSeen.push(`${context.method} ${context.target.path}`)
        if (ownApplication !== undefined) ownApplication(request, response, context)
        else response.writeHead(200, { 'content-type': 'application/json' }).end('{"own":true}')
      },
    }),
    { drainMs: 200, ...gateOptions },
  )
  const { port } = await gate.openPublicListener({ port: 0 })
  return {
    gate,
    engine,
    authenticator,
    settings,
    folders,
    nodes,
    queue,
    upstream,
    events,
    ownSeen,
    port,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await gate.close()
      await queue.close()
      await upstream.close()
    },
  }
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })
export const cookie = (token: string): { cookie: string } => ({ cookie: `gatehouse_session=${token}` })
