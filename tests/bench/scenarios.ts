import type { Options } from './options.ts'
import type { LoadGenerator } from './load/generator.ts'
import type { RequestsJob, RequestsResult, SignIn, Target } from './load/jobs.ts'
import { runWrk } from './load/wrk.ts'
import { findCpuUs } from './system/processStats.ts'
import type { Systems } from './systems.ts'

/** Something that is measured, once for each variant and repeat; the variants of one repeat run one after the other. */
export interface Scenario {
  readonly id: string
  readonly group: Options['groups'][number]
  readonly variants: readonly string[]
  measure(variant: string, repeat: number): Promise<Readonly<Record<string, number>>>
}

/** Someone who is asked: directly, through nginx, or through the gate. */
interface Way {
  readonly target: Target
  /** Whose CPU time counts; undefined: nobody stands in between. */
  readonly pid: number | undefined
}

type Ways = Readonly<Record<string, Way>>

/** Forwarded as it is. */
const SMALL_PATH = '/embeddings'
/** Answered by the gate from its own queue, by ComfyUI from its own. */
const QUEUE_PATH = '/queue'
/** As many entries as there are with few. */
const HISTORY_PATH = '/history?max_items=10'
const PREVIEW_BYTES = 200_000
const PREVIEW_HZ = 5
const TEXT_BYTES = 200
const TEXT_HZ = 50
const MANY = 16
const FLOOD_HEAD_START_MS = 300
const MANY_ADDRESSES = 200
/** So long that at least 5,000 tries are made: an address in its pause gets one answer a second. */
const MANY_SECONDS = 30

export const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` })

/** What a process spent meanwhile, as metrics: nothing where the system does not tell. */
async function withCpu<Result>(
  pid: number | undefined,
  work: () => Promise<Result>,
): Promise<{ result: Result; cpuUs: number | undefined }> {
  const before = pid === undefined ? undefined : findCpuUs(pid)
  const result = await work()
  const after = pid === undefined ? undefined : findCpuUs(pid)
  return { result, cpuUs: before === undefined || after === undefined ? undefined : after - before }
}

const optional = (name: string, value: number | undefined): Record<string, number> =>
  value === undefined ? {} : { [name]: value }

export function createScenarios(systems: Systems, generator: LoadGenerator, options: Options): readonly Scenario[] {
  const all = [
    ...requestScenarios(systems, generator, options),
    ...bodyScenarios(systems, generator, options),
    ...socketScenarios(systems, generator, options),
    ...signInScenarios(systems, generator, options),
    ...sizeScenarios(systems, generator, options),
  ]
  return all.filter((scenario) => options.groups.includes(scenario.group))
}

/** Small questions of the raw engine. */
function rawWays({ raw, rawEnginePort, nginx }: Systems): Ways {
  return {
    direct: { target: { port: rawEnginePort, headers: {} }, pid: undefined },
    ...(nginx === undefined
      ? {}
      : { nginx: { target: { port: nginx.ports[0] ?? 0, headers: {} }, pid: nginx.workerPid } }),
    gate: { target: { port: raw.port, headers: bearer(raw.credentials.keys[0] ?? '') }, pid: raw.pid },
  }
}

function engineWays({ engine, nginx }: Systems): Ways {
  if (engine === undefined) return {}
  const { direct, gate } = engine
  return {
    direct: { target: direct, pid: undefined },
    ...(nginx === undefined
      ? {}
      : { nginx: { target: { port: nginx.ports[1] ?? 0, headers: direct.headers }, pid: nginx.workerPid } }),
    gate: { target: { port: gate.port, headers: bearer(gate.credentials.keys[0] ?? '') }, pid: gate.pid },
  }
}

export async function makeRequests(
  systems: Pick<Systems, 'wrk'>,
  generator: LoadGenerator,
  job: Omit<RequestsJob, 'kind'>,
): Promise<RequestsResult> {
  const result = await (systems.wrk === undefined ? generator.run({ kind: 'requests', ...job }) : runWrk(job))
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.requests} requests failed`)
  if (result.requests === 0) throw new Error('no request was answered')
  return result
}

function requestScenarios(systems: Systems, generator: LoadGenerator, { seconds }: Options): readonly Scenario[] {
  const scenario = (id: string, group: Scenario['group'], ways: Ways, connections: number): Scenario => ({
    id,
    group,
    variants: Object.keys(ways),
    measure: async (variant) => {
      const way = ways[variant]
      if (way === undefined) throw new TypeError(`there is no ${variant}`)
      const path = group === 'engine' ? QUEUE_PATH : SMALL_PATH
      const job = { target: way.target, path, connections, seconds }
      const { result, cpuUs } = await withCpu(way.pid, () => makeRequests(systems, generator, job))
      return {
        requestsPerSecond: result.requests / result.seconds,
        p50Us: result.p50Us,
        p99Us: result.p99Us,
        ...optional('cpuUsPerRequest', cpuUs === undefined ? undefined : cpuUs / result.requests),
      }
    },
  })
  const raw = rawWays(systems)
  const engine = engineWays(systems)
  return [
    scenario('small16', 'small', raw, MANY),
    scenario('small1', 'small', raw, 1),
    scenario('engine16', 'engine', engine, MANY),
    scenario('engine1', 'engine', engine, 1),
  ]
}

function bodyScenarios(systems: Systems, generator: LoadGenerator, { bodyBytes }: Options): readonly Scenario[] {
  const ways = rawWays(systems)
  const scenario = (kind: 'download' | 'upload'): Scenario => ({
    id: kind,
    group: 'bodies',
    variants: Object.keys(ways),
    measure: async (variant) => {
      const way = ways[variant]
      if (way === undefined) throw new TypeError(`there is no ${variant}`)
      const { result, cpuUs } = await withCpu(way.pid, () =>
        generator.run({ kind, target: way.target, bytes: bodyBytes }),
      )
      return {
        megabytesPerSecond: bodyBytes / 1_000_000 / result.seconds,
        ...optional('cpuMs', cpuUs === undefined ? undefined : cpuUs / 1000),
      }
    },
  })
  const refused: Scenario = {
    id: 'refusedUpload',
    group: 'bodies',
    variants: ['gate'],
    measure: async () => {
      const target = { port: systems.raw.port, headers: {} }
      const { ms, status, bytesTaken } = await generator.run({ kind: 'refusedUpload', target, bytes: bodyBytes })
      if (status !== 401) throw new Error(`an upload without a credential was answered with ${status}`)
      return { ms, megabytesTaken: bytesTaken / 1_000_000 }
    },
  }
  return [scenario('download'), scenario('upload'), refused]
}

function socketScenarios(systems: Systems, generator: LoadGenerator, options: Options): readonly Scenario[] {
  const ways = rawWays(systems)
  const scenario = (id: string, message: 'text' | 'preview', bytes: number, hz: number): Scenario => ({
    id,
    group: 'sockets',
    variants: Object.keys(ways),
    measure: async (variant) => {
      const way = ways[variant]
      if (way === undefined) throw new TypeError(`there is no ${variant}`)
      const isGate = variant === 'gate'
      const clients = Array.from({ length: options.socketClients }, (_, at) => ({
        port: way.target.port,
        headers: isGate ? bearer(systems.raw.credentials.keys[at] ?? '') : {},
      }))
      const result = await generator.run({
        kind: 'sockets',
        over: isGate ? 'gate' : 'clients',
        clients,
        enginePort: systems.rawEnginePort,
        countedPid: way.pid,
        message,
        bytes,
        hz,
        rounds: hz * options.seconds,
      })
      if (result.received !== result.expected) {
        throw new Error(`${result.received} of ${result.expected} messages arrived`)
      }
      return {
        p50Ms: result.p50Ms,
        p99Ms: result.p99Ms,
        ...optional('cpuUsPerMessage', result.cpuUs === undefined ? undefined : result.cpuUs / result.received),
      }
    },
  })
  return [scenario('previews', 'preview', PREVIEW_BYTES, PREVIEW_HZ), scenario('texts', 'text', TEXT_BYTES, TEXT_HZ)]
}

function signInScenarios(systems: Systems, generator: LoadGenerator, options: Options): readonly Scenario[] {
  const { port, credentials } = systems.raw
  const target: Target = { port, headers: bearer(credentials.keys[0] ?? '') }
  const [staller, ...others] = credentials.signIns
  const stall: Scenario = {
    id: 'signIn',
    group: 'signIn',
    variants: ['gate'],
    measure: async () => {
      if (staller === undefined) throw new TypeError('nobody can sign in')
      const { status, ...times } = await generator.run({
        kind: 'signInStall',
        target,
        path: SMALL_PATH,
        signIn: staller,
      })
      if (status < 200 || status > 299) throw new Error(`a sign-in was answered with ${status}`)
      return times
    },
  }
  const firstUse: Scenario = {
    id: 'firstUse',
    group: 'signIn',
    variants: ['gate'],
    measure: (_variant, repeat) => {
      const fresh = { port, headers: bearer(credentials.freshKeys[repeat] ?? '') }
      return generator.run({ kind: 'firstUse', target: fresh, path: SMALL_PATH }).then((times) => ({ ...times }))
    },
  }
  const flood: Scenario = {
    id: 'flood',
    group: 'signIn',
    // Only Linux gives all of 127/8 to clients.
    variants: process.platform === 'linux' ? ['idle', 'fourAddresses', 'oneAddress', 'manyAddresses'] : ['idle'],
    measure: async (variant, repeat) => {
      const isMany = variant === 'manyAddresses'
      const seconds = isMany && !options.quick ? MANY_SECONDS : options.seconds
      const job = { target, path: SMALL_PATH, connections: MANY, seconds }
      if (variant === 'idle') return { requestsPerSecond: rateOf(await makeRequests(systems, generator, job)) }
      const isOne = variant === 'oneAddress'
      const right = others.slice(0, 4)
      const wrong = others.slice(4, 5).map(({ username }) => ({ username, password: 'not the password of anybody' }))
      const flooding = generator.run({
        kind: 'signInFlood',
        port,
        milliseconds: seconds * 1000 + 2 * FLOOD_HEAD_START_MS,
        clients: isOne ? [...wrong, ...wrong, ...wrong, ...wrong] : isMany ? strangers(repeat) : right,
        fromAddress: isOne ? '127.0.0.9' : 'own',
        // Each repeat from others: those of the one before are in their pause.
        network: isMany ? `127.1.${repeat}` : '127.0.0',
      })
      await new Promise((resolve) => setTimeout(resolve, FLOOD_HEAD_START_MS))
      const [result, { answers }] = await Promise.all([makeRequests(systems, generator, job), flooding])
      const tried = Object.values(answers).reduce((sum, count) => sum + count, 0)
      return { requestsPerSecond: rateOf(result), signInsTried: tried, signInsDone: tried - (answers['429'] ?? 0) }
    },
  }
  return [stall, firstUse, flood]
}

/** The same questions of a gate that holds little and of one that holds much. */
function sizeScenarios(systems: Systems, generator: LoadGenerator, { seconds }: Options): readonly Scenario[] {
  const { sizes } = systems
  if (sizes === undefined) return []
  const paths = { smallBySize: SMALL_PATH, queueBySize: QUEUE_PATH, historyBySize: HISTORY_PATH }
  return Object.entries(paths).map(([id, path]) => ({
    id,
    group: 'sizes',
    variants: Object.keys(sizes),
    measure: async (variant) => {
      const gate = variant === 'many' ? sizes.many : sizes.few
      const target = { port: gate.port, headers: bearer(gate.credentials.keys[0] ?? '') }
      const job = { target, path, connections: MANY, seconds }
      const { result, cpuUs } = await withCpu(gate.pid, () => makeRequests(systems, generator, job))
      return {
        requestsPerSecond: rateOf(result),
        ...optional('cpuUsPerRequest', cpuUs === undefined ? undefined : cpuUs / result.requests),
      }
    },
  }))
}

/** Names that nobody has cost as much as any, and no counter of a name stops them before that of the address does. */
const strangers = (repeat: number): SignIn[] =>
  Array.from({ length: MANY_ADDRESSES }, (_, at) => ({
    username: `stranger${repeat}of${at}`,
    password: 'not the password of anybody',
  }))

const rateOf = ({ requests, seconds }: RequestsResult): number => requests / seconds
