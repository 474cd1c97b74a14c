import { protectionNetworks } from '../../proxy/contract/protection.ts'
import type { AttackOutcome, AttackResult, ProtectionReport } from '../../proxy/contract/protection.ts'
import { productVersion } from '../productVersion.ts'
import type { AttackCase } from './attackCase.ts'
import { Broken, CannotTry } from './attackOutcome.ts'
import { AttackTarget } from './attackTarget.ts'
import { attackCases } from './cases/attackCases.ts'
import type { RunningGate } from './runningGate.ts'
import { StandIn } from './standIn.ts'
import type { StandInOptions } from './standIn.ts'
import { makeTemporaryFolder, removeAbandonedFolders, removeTemporaryFolder } from './temporaryFolder.ts'

export interface ProtectionOptions extends Omit<StandInOptions, 'directory'> {
  readonly running: RunningGate
  readonly platform: NodeJS.Platform
  /** Left out: all there are. */
  readonly cases?: readonly AttackCase[]
  readonly limits?: Partial<ProtectionLimits>
  readonly onProgress?: (done: number, total: number) => void
  /** Ends the run early; what was not tried is `notRun`. */
  readonly signal?: AbortSignal
}

export interface ProtectionLimits {
  readonly caseMs: number
  readonly overallMs: number
}

const defaultLimits: ProtectionLimits = { caseMs: 20_000, overallMs: 180_000 }

/**
 * Tries every attack on a throw-away gate, and on the one that people use those that it refuses by itself. Everything
 * that was started has ended and every file is gone when this returns.
 * @throws Error when the throw-away gate cannot be put up
 */
export async function runProtection(options: ProtectionOptions): Promise<ProtectionReport> {
  const { clock, cases = attackCases, running } = options
  const startedAtMs = clock.nowMs()
  removeAbandonedFolders(startedAtMs)
  const directory = makeTemporaryFolder()
  try {
    const standIn = await StandIn.open({ ...options, directory })
    try {
      const run = new Run(options, startedAtMs, cases.length + cases.filter(isLive).length)
      const results = await run.onStandIn(cases, standIn)
      const broken = new Set(results.filter(({ outcome }) => outcome === 'broken').map(({ id }) => id))
      const live = await run.onRunning(cases.filter(isLive), running, broken)
      return {
        startedAt: new Date(startedAtMs).toISOString(),
        tookMs: clock.nowMs() - startedAtMs,
        version: productVersion,
        cases: [...results, ...live],
      }
    } finally {
      await standIn.close()
    }
  } finally {
    removeTemporaryFolder(directory)
  }
}

type LiveCase = Extract<AttackCase, { target: 'live' }>
const isLive = (one: AttackCase): one is LiveCase => one.target === 'live'

class Run {
  readonly #options: ProtectionOptions
  readonly #limits: ProtectionLimits
  readonly #endMs: number
  readonly #total: number
  #done = 0

  constructor(options: ProtectionOptions, startedAtMs: number, total: number) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#endMs = startedAtMs + this.#limits.overallMs
    this.#total = total
  }

  async onStandIn(cases: readonly AttackCase[], standIn: StandIn): Promise<AttackResult[]> {
    const results: AttackResult[] = []
    for (const [at, one] of cases.entries()) {
      const gate = new AttackTarget(
        standIn.port,
        this.#hasAddresses ? addressOf(protectionNetworks.standIn, at) : undefined,
      )
      const attack = (): Promise<string> => (one.target === 'live' ? one.run(gate) : one.run(gate, standIn))
      results.push({ ...named(one), on: 'standIn', ...(await this.#try(gate, attack)) })
    }
    return results
  }

  /** What broke the throw-away gate would do people harm here: it is the same code. */
  async onRunning(
    cases: readonly LiveCase[],
    running: RunningGate,
    broken: ReadonlySet<string>,
  ): Promise<AttackResult[]> {
    const ways = 'port' in running ? await this.#findWays(running.port) : running
    const results: AttackResult[] = []
    for (const [at, one] of cases.entries()) {
      const spared = 'notAsked' in ways ? ways.notAsked : broken.has(one.id) ? SPARED : undefined
      const gate = 'notAsked' in ways ? new AttackTarget(0) : new AttackTarget(ways.port, ways.from?.(at))
      const attack = (): Promise<string> =>
        spared === undefined ? one.run(gate) : Promise.reject(new CannotTry(spared))
      results.push({ ...named(one), on: 'running', ...(await this.#try(gate, attack)) })
    }
    return results
  }

  /** Not from the address that programs on this computer have: the gate counts what comes from it. */
  async #findWays(port: number): Promise<{ port: number; from?: (at: number) => string } | { notAsked: string }> {
    const from = (at: number): string => addressOf(protectionNetworks.running, at)
    if (this.#hasAddresses && (await answers(new AttackTarget(port, from(0))))) return { port, from }
    if (await answers(new AttackTarget(port))) return { port }
    return { notAsked: 'The gate that people use does not answer this computer.' }
  }

  /** Each attack comes from an address of its own where the system has them, so that one's pauses do not stop the next. */
  get #hasAddresses(): boolean {
    return this.#options.platform === 'linux' || this.#options.platform === 'win32'
  }

  async #try(gate: AttackTarget, attack: () => Promise<string>): Promise<{ outcome: AttackOutcome; seen: string }> {
    const result = await this.#attempt(attack)
    gate.end()
    this.#done += 1
    this.#options.onProgress?.(this.#done, this.#total)
    return result
  }

  async #attempt(attack: () => Promise<string>): Promise<{ outcome: AttackOutcome; seen: string }> {
    if (this.#options.signal?.aborted === true) return { outcome: 'notRun', seen: 'The check was ended before.' }
    const leftMs = this.#endMs - this.#options.clock.nowMs()
    if (leftMs <= 0) return { outcome: 'notRun', seen: 'There was no time left for it.' }
    try {
      return { outcome: 'held', seen: await within(attack(), Math.min(leftMs, this.#limits.caseMs)) }
    } catch (error) {
      const seen = error instanceof Error ? error.message : 'something unknown'
      if (error instanceof CannotTry) return { outcome: 'notRun', seen }
      // Also what nobody foresaw: a gate that ends or hangs under an attack has not held.
      return { outcome: 'broken', seen: error instanceof Broken ? seen : `It could not be answered: ${seen}` }
    }
  }
}

const SPARED = 'It got through at the throw-away gate, so it was not tried where it would do harm.'

const named = ({ id, title, holes }: AttackCase) => ({ id, title, holes: [...holes] })

async function within<Value>(work: Promise<Value>, limitMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Broken(`There was no end to it within ${limitMs / 1000} seconds.`)), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

async function answers(gate: AttackTarget): Promise<boolean> {
  try {
    await gate.ask('/gatehouse/healthz')
    return true
  } catch {
    // Nobody listens, or a rule of the owner's keeps this address out.
    return false
  } finally {
    gate.end()
  }
}

const addressOf = (network: string, at: number): string => `${network}.${Math.floor(at / 200)}.${(at % 200) + 1}`
