import { networkInterfaces } from 'node:os'
import type { Upstream } from '../forward/upstream.ts'
import { FirstDevices } from '../network/firstDevices.ts'
import { isOwnAddress } from '../network/lanAddresses.ts'
import { authorize } from '../policy/authorize.ts'
import { AccountCap } from './accountCap.ts'
import { AccountTurns } from './accountTurns.ts'
import { EngineBlame } from './engineBlame.ts'
import { EngineErrands } from './engineErrands.ts'
import { EngineUsers } from './engineUsers.ts'
import type { EntryServices } from './entry.ts'
import { BODY_BYTES_PER_ACCOUNT, TURNS_PER_ACCOUNT } from './forwardTurn.ts'
import { HeavyRequests } from './heavyRequests.ts'
import { relieveMemory } from './memoryRelief.ts'
import { OwnHosts } from './ownHosts.ts'
import { stages as allStages } from './pipeline.ts'
import type { Stage, StageServices } from './pipeline.ts'
import { PresenceRegistry } from './presence.ts'
import type { ListenerName } from './requestContext.ts'
import { RequestPace } from './requestPace.ts'
import type { GateDependencies } from './services.ts'
import { SocketHub } from './socketHub.ts'
import { CurrentUpstream } from './upstreams.ts'

export interface GatePartsOptions {
  readonly stages?: readonly Stage[]
  readonly isOwnAddress?: (address: string) => boolean
}

/** What lives as long as the gate does, whichever listeners are open. */
export interface GateParts {
  readonly services: EntryServices
  readonly presence: PresenceRegistry
  readonly hub: SocketHub
  readonly hosts: OwnHosts
  readonly devices: FirstDevices
  readonly upstreams: CurrentUpstream
  readonly blame: EngineBlame
  /** Ends what listens to the engine, to rules and to nodes. */
  readonly unsubscribe: () => void
}

/** One row of each is in memory at a time; whoever reads slowly keeps only their own others waiting. */
const LONG_ANSWERS = { perAccount: 2, overall: Infinity, maxWaiting: 64, waitMs: 30_000 }

export function createGateParts(dependencies: GateDependencies, options: GatePartsOptions): GateParts {
  const { engine, logger, clock, settings, folders, nodes } = dependencies
  const hosts = new OwnHosts(settings)
  const isOwn = (address: string): boolean => isOwnAddress(address, networkInterfaces())
  const devices = new FirstDevices(clock, options.isOwnAddress ?? isOwn)
  const upstreams = new CurrentUpstream(engine, logger)
  const upstream = (): Upstream | undefined => upstreams.get()
  const presence = createPresence(dependencies)
  const heavy = new HeavyRequests(clock)
  const blame = new EngineBlame(clock, heavy)
  const hub: SocketHub = new SocketHub(dependencies, presence, {
    subscribeToLogs: (accountId, clientId) => errands.subscribeToLogs(accountId, clientId),
    blame,
  })
  const forwarderEvents = { unreachable: () => engine.reportUnreachable() }
  const users = new EngineUsers({ folders, rules: nodes }, logger, forwarderEvents)
  const errands: EngineErrands = new EngineErrands({ upstream, hub, engine, users, logger })
  const services: EntryServices = {
    dependencies,
    stages: options.stages ?? allStages,
    stageServices: createStageServices(dependencies, hosts),
    presence,
    hub,
    errands,
    upstream,
    users,
    forwarderEvents,
    turns: new AccountCap(TURNS_PER_ACCOUNT),
    bodies: new AccountCap(BODY_BYTES_PER_ACCOUNT),
    heavy,
    longAnswers: new AccountTurns(LONG_ANSWERS),
  }
  const unsubscribe = connectParts(dependencies, services, blame)
  return { services, presence, hub, hosts, devices, upstreams, blame, unsubscribe }
}

function createPresence({ clock, logger, authenticator, settings, clientRules }: GateDependencies): PresenceRegistry {
  /** Whoever a trusted proxy speaks for has no connection of their own that the listener could end. */
  const mayStay = (listener: ListenerName, clientAddress: string): boolean =>
    listener === 'owner' || clientRules === undefined || clientRules.decideClient(clientAddress) === 'allowed'
  return new PresenceRegistry({
    clock,
    logger,
    authenticator,
    isAllowed: ({ access, isOwn, method, segments, listener, clientAddress }, principal) =>
      mayStay(listener, clientAddress) &&
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
}

const createStageServices = (
  { tls, authenticator, settings, clock, clientRules }: GateDependencies,
  hosts: OwnHosts,
): StageServices => ({
  ...(tls && { tls }),
  authenticator,
  settings,
  hostRules: () => hosts.rules(),
  pace: new RequestPace(clock, settings),
  clientRules,
})

/** Lets each part hear what it must. @returns what ends it, as far as what is heard outlives the gate */
function connectParts(
  { engine, authenticator, folders, nodes, jobs, peerRules, logger }: GateDependencies,
  { presence, errands, users, upstream }: EntryServices,
  blame: EngineBlame,
): () => void {
  authenticator.onCredentialsChanged(() => void users.forgetGone(upstream()))
  folders.onMoved?.((accountId) => void users.moved(upstream(), accountId))
  nodes.attach({
    bootId: () => upstream()?.bootId,
    ask: (path) => errands.readFacts(path),
    askFor: (accountId, path) => errands.askFor(accountId, { method: 'GET', path }),
  })
  jobs.attach(errands)
  const subscriptions = [
    peerRules?.onChange(() => presence.askAgain()),
    engine.onStateChange(() => nodes.followEngine()),
    nodes.onChange(() => void users.rulesChanged(upstream())),
    engine.onMemoryPressure(() => {
      relieveMemory(jobs, errands, blame).catch((error: unknown) =>
        logger.error({ err: error }, 'what runs could not be stopped for want of memory'),
      )
    }),
  ]
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe?.()
  }
}
