import { findDifference, findMedian, findRatio } from '../results.ts'
import type { BenchmarkResults } from '../results.ts'

export type Verdict = 'met' | 'at least' | 'short' | 'not measured' | '–'

/** One line of the table, all text but what the verdict rests on. */
export interface Row {
  /** The target's number, or `–`. */
  readonly id: string
  readonly what: string
  readonly direct: string
  readonly nginx: string
  readonly gate: string
  /** What the target is about: a quotient of the same repeat, or a value. */
  readonly ratio: string
  readonly target: string
  readonly atLeast: string
  readonly verdict: Verdict
  /** Why it was not measured. */
  readonly reason: string | undefined
}

interface Goal {
  readonly better: 'higher' | 'lower'
  readonly target: number
  readonly atLeast: number
}

const NONE = '–'

const round = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

const formats = {
  // Three digits below one: 0.80 must not stand beside "at least 0.80" and be short of it.
  times: (value: number): string => `${round(value, value < 1 ? 3 : 2)} ×`,
  percent: (value: number): string => `${round(value * 100, 0)} %`,
  perSecond: (value: number): string => `${round(value, 0)}/s`,
  microseconds: (value: number): string => `${round(value, value < 10 ? 1 : 0)} µs`,
  milliseconds: (value: number): string => `${round(value, value < 10 ? 2 : 0)} ms`,
  megabytesPerSecond: (value: number): string => `${round(value, 0)} MB/s`,
  megabytes: (value: number): string => `${round(value, 0)} MB`,
}
type Format = (value: number) => string

/** Reaching the target is `met`; reaching only the second number is said, too. */
export function judge(value: number, { better, target, atLeast }: Goal): Verdict {
  const reaches = (limit: number): boolean => (better === 'higher' ? value >= limit : value <= limit)
  if (reaches(target)) return 'met'
  return reaches(atLeast) ? 'at least' : 'short'
}

const sign = ({ better }: Goal): string => (better === 'higher' ? '≥' : '≤')

const shown = (value: number | undefined, format: Format): string => (value === undefined ? NONE : format(value))

interface RowSource {
  readonly id?: string
  readonly what: string
  readonly cells?: Partial<Record<'direct' | 'nginx' | 'gate', string>>
  readonly value: number | undefined
  readonly format: Format
  readonly goal?: Goal
  /** Said when there is no value. */
  readonly reason: string
}

function toRow({ id = NONE, what, cells = {}, value, format, goal, reason }: RowSource): Row {
  const judged = goal === undefined ? NONE : judge(value ?? 0, goal)
  return {
    id,
    what,
    direct: cells.direct ?? NONE,
    nginx: cells.nginx ?? NONE,
    gate: cells.gate ?? NONE,
    ratio: shown(value, format),
    target: goal === undefined ? NONE : `${sign(goal)} ${format(goal.target)}`,
    atLeast: goal === undefined ? NONE : `${sign(goal)} ${format(goal.atLeast)}`,
    verdict: value === undefined ? 'not measured' : judged,
    reason: value === undefined ? reason : undefined,
  }
}

const higher = (target: number, atLeast: number): Goal => ({ better: 'higher', target, atLeast })
const lower = (target: number, atLeast: number): Goal => ({ better: 'lower', target, atLeast })

/** What ComfyUI-Sentinel added to ComfyUI's own answer in a run of its own, on a machine of the same kind. */
const SENTINEL_ADDED_US = 155

/** Every row of the table, with the targets beside what was measured. Pure: all of it stands in the results. */
export function toRows(results: BenchmarkResults): readonly Row[] {
  return [
    ...engineRows(results),
    ...smallRows(results),
    ...bodyRows(results),
    ...socketRows(results),
    ...signInRows(results),
    ...memoryRows(results),
    ...sizeRows(results),
    ...laterRows(),
  ]
}

class Reader {
  readonly #results: BenchmarkResults

  constructor(results: BenchmarkResults) {
    this.#results = results
  }

  median(scenario: string, variant: string, metric: string): number | undefined {
    return findMedian(this.#results.scenarios, scenario, variant, metric)
  }

  ratio(scenario: string, metric: string, below: string): number | undefined {
    return findRatio(this.#results.scenarios, scenario, metric, ['gate', below])
  }

  added(scenario: string, variant: string): number | undefined {
    return findDifference(this.#results.scenarios, scenario, 'p50Us', [variant, 'direct'])
  }

  cells(scenario: string, metric: string, format: Format): Record<'direct' | 'nginx' | 'gate', string> {
    const cell = (variant: string): string => shown(this.median(scenario, variant, metric), format)
    return { direct: cell('direct'), nginx: cell('nginx'), gate: cell('gate') }
  }

  /** Why a comparison with nginx is missing. */
  nginxReason(): string {
    return this.#results.tools.nginx === null ? 'nginx is not installed' : this.failedReason()
  }

  failedReason(): string {
    return 'the measurement failed or was left out'
  }
}

function engineRows(results: BenchmarkResults): readonly Row[] {
  const read = new Reader(results)
  const isReal = results.tools.engine === 'ComfyUI'
  const engine = isReal ? 'ComfyUI' : 'the practice engine'
  const addedByNginx = read.added('engine1', 'nginx')
  const addedByGate = read.added('engine1', 'gate')
  const againstSentinel = addedByGate === undefined ? undefined : addedByGate / SENTINEL_ADDED_US
  const throughput = {
    what: `GET /queue of ${engine}, 16 connections: requests/s against direct`,
    cells: read.cells('engine16', 'requestsPerSecond', formats.perSecond),
    value: read.ratio('engine16', 'requestsPerSecond', 'direct'),
    format: formats.times,
    reason: read.failedReason(),
  }
  const latency = {
    what: `GET /queue of ${engine}, 1 connection: median time added, against Sentinel's 155 µs`,
    cells: {
      direct: read.cells('engine1', 'p50Us', formats.microseconds).direct,
      nginx: `+ ${shown(addedByNginx, formats.microseconds)}`,
      gate: `+ ${shown(addedByGate, formats.microseconds)}`,
    },
    value: againstSentinel,
    format: formats.times,
    reason: read.failedReason(),
  }
  if (isReal) {
    return [
      toRow({ id: 'P1', ...throughput, goal: higher(0.9, 0.8) }),
      toRow({ id: 'P2', ...latency, goal: lower(0.85, 1.1) }),
    ]
  }
  const reason = 'COMFYUI_DIR was not set'
  return [
    toRow({
      id: 'P1',
      what: 'GET /queue of ComfyUI, 16 connections: requests/s against direct',
      value: undefined,
      format: formats.times,
      goal: higher(0.9, 0.8),
      reason,
    }),
    toRow({
      id: 'P2',
      what: "GET /queue of ComfyUI, 1 connection: median time added, against Sentinel's 155 µs",
      value: undefined,
      format: formats.times,
      goal: lower(0.85, 1.1),
      reason,
    }),
    toRow(throughput),
    toRow({
      ...latency,
      what: `GET /queue of ${engine}, 1 connection: median time added`,
      value: addedByGate,
      format: formats.microseconds,
    }),
  ]
}

function smallRows(results: BenchmarkResults): readonly Row[] {
  const read = new Reader(results)
  const cells = read.cells('small16', 'requestsPerSecond', formats.perSecond)
  const addedByGate = read.added('small1', 'gate')
  return [
    toRow({
      what: 'Small answer (200 B) of the raw engine, 16 connections: requests/s against direct',
      cells,
      value: read.ratio('small16', 'requestsPerSecond', 'direct'),
      format: formats.times,
      reason: read.failedReason(),
    }),
    toRow({
      id: 'P3',
      what: 'The same: requests/s against nginx',
      cells,
      value: read.ratio('small16', 'requestsPerSecond', 'nginx'),
      format: formats.times,
      goal: higher(0.5, 0.35),
      reason: read.nginxReason(),
    }),
    toRow({
      id: 'P4',
      what: 'The same: CPU time a request, against nginx',
      cells: read.cells('small16', 'cpuUsPerRequest', formats.microseconds),
      value: read.ratio('small16', 'cpuUsPerRequest', 'nginx'),
      format: formats.times,
      goal: lower(1.9, 2.6),
      reason: read.nginxReason(),
    }),
    toRow({
      what: 'The same, 1 connection: median time added',
      cells: {
        direct: read.cells('small1', 'p50Us', formats.microseconds).direct,
        nginx: `+ ${shown(read.added('small1', 'nginx'), formats.microseconds)}`,
        gate: `+ ${shown(addedByGate, formats.microseconds)}`,
      },
      value: addedByGate,
      format: formats.microseconds,
      reason: read.failedReason(),
    }),
  ]
}

function bodyRows(results: BenchmarkResults): readonly Row[] {
  const read = new Reader(results)
  const megabytes = formats.megabytes(results.bodyBytes / 1_000_000)
  const row = (kind: 'download' | 'upload', goal: Goal): Row =>
    toRow({
      id: 'P5',
      what: `${kind === 'download' ? 'Download' : 'Upload'} of ${megabytes}, against nginx`,
      cells: read.cells(kind, 'megabytesPerSecond', formats.megabytesPerSecond),
      value: read.ratio(kind, 'megabytesPerSecond', 'nginx'),
      format: formats.times,
      goal,
      reason: read.nginxReason(),
    })
  const refusedMs = read.median('refusedUpload', 'gate', 'ms')
  const taken = read.median('refusedUpload', 'gate', 'megabytesTaken')
  return [
    row('download', higher(0.9, 0.65)),
    row('upload', higher(1, 0.9)),
    toRow({
      id: 'P10',
      what: `401 on an upload of ${megabytes} without a credential`,
      cells: { gate: taken === undefined ? NONE : `${round(taken, 1)} MB left the client` },
      value: refusedMs,
      format: formats.milliseconds,
      goal: lower(5, 50),
      reason: read.failedReason(),
    }),
  ]
}

function socketRows(results: BenchmarkResults): readonly Row[] {
  const read = new Reader(results)
  const clients = `${results.socketClients} WebSocket clients`
  return [
    toRow({
      id: 'P6',
      what: `Previews of 200 kB to ${clients}: CPU time a message, against nginx`,
      cells: read.cells('previews', 'cpuUsPerMessage', formats.microseconds),
      value: read.ratio('previews', 'cpuUsPerMessage', 'nginx'),
      format: formats.times,
      goal: lower(0.8, 1),
      reason: read.nginxReason(),
    }),
    toRow({
      what: 'The same: 99th percentile of the delay, against direct',
      cells: read.cells('previews', 'p99Ms', formats.milliseconds),
      value: read.ratio('previews', 'p99Ms', 'direct'),
      format: formats.times,
      reason: read.failedReason(),
    }),
    toRow({
      id: 'P7',
      what: `Texts of 200 B, 50 a second to each of ${clients}: 99th percentile of the delay, against nginx`,
      cells: read.cells('texts', 'p99Ms', formats.milliseconds),
      value: read.ratio('texts', 'p99Ms', 'nginx'),
      format: formats.times,
      goal: lower(1.2, 1.4),
      reason: read.nginxReason(),
    }),
    toRow({
      what: 'The same: CPU time a message, against nginx',
      cells: read.cells('texts', 'cpuUsPerMessage', formats.microseconds),
      value: read.ratio('texts', 'cpuUsPerMessage', 'nginx'),
      format: formats.times,
      reason: read.nginxReason(),
    }),
  ]
}

function signInRows(results: BenchmarkResults): readonly Row[] {
  const read = new Reader(results)
  const left = (variant: string): number | undefined =>
    findRatio(results.scenarios, 'flood', 'requestsPerSecond', [variant, 'idle'])
  const flood = (variant: string, what: string): Row => {
    const done = read.median('flood', variant, 'signInsDone')
    const tried = read.median('flood', variant, 'signInsTried')
    const rate = shown(read.median('flood', variant, 'requestsPerSecond'), formats.perSecond)
    return toRow({
      id: 'P9',
      what,
      cells: { gate: done === undefined || tried === undefined ? NONE : `${rate}; ${done} of ${tried} tries hashed` },
      value: left(variant),
      format: formats.percent,
      goal: higher(0.8, 0.5),
      reason: read.failedReason(),
    })
  }
  return [
    toRow({
      id: 'P8',
      what: 'Longest answer of another client while somebody signs in',
      cells: {
        gate: `${shown(read.median('signIn', 'gate', 'longestIdleMs'), formats.milliseconds)} while nobody does`,
      },
      value: read.median('signIn', 'gate', 'longestMs'),
      format: formats.milliseconds,
      goal: lower(10, 30),
      reason: read.failedReason(),
    }),
    toRow({
      what: 'Time of one sign-in (argon2id)',
      value: read.median('signIn', 'gate', 'signInMs'),
      format: formats.milliseconds,
      reason: read.failedReason(),
    }),
    flood(
      'fourAddresses',
      'Requests/s left to 16 connections while 4 addresses sign in without a pause, with the right password',
    ),
    flood('oneAddress', 'The same with 4 clients of one address and a wrong password'),
    flood('manyAddresses', 'The same with 200 addresses and wrong passwords'),
    toRow({
      what: 'First request with a key after a start (argon2id)',
      cells: { gate: `${shown(read.median('firstUse', 'gate', 'laterMs'), formats.milliseconds)} later` },
      value: read.median('firstUse', 'gate', 'firstMs'),
      format: formats.milliseconds,
      reason: read.failedReason(),
    }),
  ]
}

function memoryRows({ memory }: BenchmarkResults): readonly Row[] {
  const reason = 'this system does not tell in /proc'
  return [
    toRow({
      id: 'P11',
      what: 'Resident memory of `gatehouse serve`, idle',
      value: memory?.idleMb,
      format: formats.megabytes,
      goal: lower(90, 120),
      reason,
    }),
    toRow({
      id: 'P11',
      what: 'The same after all of this load',
      cells: memory === null ? {} : { gate: `${formats.megabytes(memory.peakMb)} at most` },
      value: memory?.afterLoadMb,
      format: formats.megabytes,
      goal: lower(130, 200),
      reason,
    }),
  ]
}

/** What a request costs when much is kept, against little. */
function sizeRows(results: BenchmarkResults): readonly Row[] {
  const read = new Reader(results)
  const row = (scenario: string, what: string): Row => {
    const cell = (variant: string): string =>
      shown(read.median(scenario, variant, 'cpuUsPerRequest'), formats.microseconds)
    return toRow({
      id: 'P12',
      what,
      cells: { gate: `${cell('few')} with 10, ${cell('many')} with 10,000` },
      value: findRatio(results.scenarios, scenario, 'cpuUsPerRequest', ['many', 'few']),
      format: formats.times,
      goal: lower(1.2, 2),
      reason: read.failedReason(),
    })
  }
  return [
    row('smallBySize', 'CPU time a request with 10,000 instead of 10 people, keys, address rules and jobs: forwarded'),
    row('queueBySize', 'The same for GET /queue'),
    row('historyBySize', 'The same for the newest ten of the history'),
  ]
}

/** A target that this benchmark does not measure: it stays in the table so that nobody takes it for met. */
function laterRows(): readonly Row[] {
  return [
    toRow({
      id: 'P13',
      what: 'Window usable after double-click, beyond an empty Electron',
      value: undefined,
      format: formats.milliseconds,
      goal: lower(500, 1000),
      reason: 'this benchmark opens no window',
    }),
  ]
}
