/**
 * Owns the engine's process: starts it, proves that it is ours, watches it, restarts it, ends it. Everything that
 * decides is pure and lives elsewhere (supervisorState, restartPolicy, healthWatch, launchCommand, knownFailures).
 * It must not know: accounts, the gate, Electron.
 */
import type { Clock } from '../proxy/core/clock.ts'
import type { Logger } from '../proxy/core/logger.ts'
import type { Random } from '../proxy/core/random.ts'
import { engineNames } from './engineName.ts'
import { EngineRun } from './engineRun.ts'
import { defaultRunTimings } from './engineRunTypes.ts'
import type { RunHooks, RunOutcome, RunTimings } from './engineRunTypes.ts'
import type { WatchRules } from './healthWatch.ts'
import { toFailure } from './knownFailures.ts'
import type { EngineNotice } from './knownFailures.ts'
import type { MemoryRules } from './memoryCeiling.ts'
import { checkLaunchPlan } from './launchCommand.ts'
import type { LaunchPlan } from './launchCommand.ts'
import { LaunchRefused } from './launchRefused.ts'
import { LogBuffer } from './logBuffer.ts'
import { stuckFailure, toLoopFailure } from './loopFailures.ts'
import { endOrphanOf } from './orphan.ts'
import { ProcessTreeAlive } from './processTree.ts'
import type { TreeRules } from './processTree.ts'
import type { EngineHealth } from './readinessProbe.ts'
import { decideRestart, defaultRestartRules, freshRestartHistory } from './restartPolicy.ts'
import type { RestartRules } from './restartPolicy.ts'
import { nextState } from './supervisorState.ts'
import type { Failure, FailureCode, SupervisorEvent, SupervisorState } from './supervisorState.ts'
import { createMemoryReader } from './treeMemory.ts'
import type { MemoryReader } from './treeMemory.ts'
import { isAborted, wait } from './wait.ts'

export interface EngineConnection {
  port: number
  secret: string
  bootId: string
}

export interface SupervisorDeps {
  clock: Clock
  random: Random
  logger: Logger
  platform: NodeJS.Platform
  pidFilePath: string
  /** What the engine inherits, after cleaning. Default: this process's environment. */
  environment?: Readonly<Record<string, string | undefined>>
  timings?: Partial<RunTimings>
  restartRules?: RestartRules
  /** Whether a crash is laid to one person's job: then that person pays for it, and the engine goes on for the others. */
  isExplained?: (code: FailureCode) => boolean
  watchRules?: WatchRules
  treeRules?: TreeRules
  /** See countMemoryKills; for tests. */
  memoryKills?: () => number | undefined
  /** For tests. */
  memory?: MemoryReader
  memoryRules?: MemoryRules
  /** See ceilingOf; asked at each look. Default: null. */
  memoryCeilingPercent?: () => number | null
}

export class Supervisor {
  readonly log: LogBuffer
  readonly #deps: SupervisorDeps
  readonly #listeners = new Set<(state: SupervisorState) => void>()
  readonly #pressureListeners = new Set<() => void>()
  #state: SupervisorState = { kind: 'stopped' }
  #plan: LaunchPlan | undefined
  #commands: Promise<void> = Promise.resolve()
  #loop: { abort: AbortController; done: Promise<void> } | undefined
  #run: EngineRun | undefined
  #proved: EngineConnection | undefined
  #isTrusted = false
  #health: EngineHealth | undefined
  #notices: EngineNotice[] = []

  constructor(deps: SupervisorDeps) {
    this.#deps = deps
    this.log = new LogBuffer(deps.clock)
  }

  get state(): SupervisorState {
    return this.#state
  }

  /** What the running engine said last about itself; undefined unless it is ready. */
  get health(): EngineHealth | undefined {
    return this.#state.kind === 'ready' ? this.#health : undefined
  }

  /** What the owner should know about this start although the engine runs, such as packs that did not load. */
  get notices(): readonly EngineNotice[] {
    return this.#notices
  }

  /** @returns a function that ends the listening */
  onStateChange(listener: (state: SupervisorState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The engine takes more memory than it may: what runs should stop, or all of it is ended. @returns as onStateChange */
  onMemoryPressure(listener: () => void): () => void {
    this.#pressureListeners.add(listener)
    return () => this.#pressureListeners.delete(listener)
  }

  /** Where the engine is, only while its proof holds: before and between, nothing carrying the secret may be sent. */
  connection(): EngineConnection | undefined {
    return this.#state.kind === 'ready' && this.#isTrusted ? this.#proved : undefined
  }

  /** What the next start runs. */
  setLaunch(plan: LaunchPlan | undefined): void {
    this.#plan = plan
  }

  /**
   * Resolves when the state is 'starting' (or the engine runs already).
   * @throws LaunchRefused in words when there is no plan or the plan is not allowed
   */
  start(): Promise<void> {
    return this.#command(() => this.#startNow())
  }

  /** Resolves when nothing of the engine is left and its port is free. @throws Error in words when something stays */
  stop(): Promise<void> {
    this.#loop?.abort.abort()
    return this.#command(() => this.#stopNow())
  }

  /** @throws LaunchRefused like `start` */
  restart(): Promise<void> {
    return this.#command(async () => {
      this.#checkedPlan()
      await this.#stopNow()
      await this.#startNow()
    })
  }

  /** What runs now does not react any more: the stop or restart that follows asks nothing of it, and kills. */
  condemn(): void {
    this.#run?.condemn()
  }

  /** The gate saw a refused connection: the proof no longer counts, and is asked for again now. */
  reportUnreachable(): void {
    this.#run?.proveNow()
  }

  /** Ends what an earlier run of the app left behind, after checking that it is ours. Never while an engine runs. */
  endOrphan(): Promise<void> {
    return this.#command(() => (this.#loop === undefined ? this.#endOrphanNow() : Promise.resolve()))
  }

  /** One command after the other; a failed one does not block those behind it. */
  #command(action: () => Promise<void>): Promise<void> {
    const result = this.#commands.then(action)
    this.#commands = result.catch(() => undefined) // the caller of that command hears of it
    return result
  }

  #checkedPlan(): LaunchPlan {
    if (this.#plan === undefined) throw new LaunchRefused('NO_PLAN', 'Choose a ComfyUI first, or the practice engine.')
    checkLaunchPlan(this.#plan, this.#deps.platform)
    return this.#plan
  }

  async #startNow(): Promise<void> {
    const plan = this.#checkedPlan()
    if (this.#loop !== undefined) {
      if (this.#state.kind === 'starting' || this.#state.kind === 'ready') return
      await this.#endLoop() // failed or backing off: no process is left
    }
    const abort = new AbortController()
    this.#apply({ kind: 'startRequested', attempt: 1 })
    const done = this.#keepRunning(plan, abort.signal).catch((error: unknown) => this.#reportBug(error, plan))
    this.#loop = { abort, done }
  }

  async #stopNow(): Promise<void> {
    this.#apply({ kind: 'stopRequested' })
    await this.#endLoop()
    // Only what could not be ended turns a stop into a failure.
    if (this.#state.kind === 'failed') throw new Error(this.#state.failure.message)
    this.#apply({ kind: 'treeGone' })
  }

  async #endLoop(): Promise<void> {
    this.#loop?.abort.abort()
    await this.#loop?.done
    this.#loop = undefined
  }

  async #endOrphanNow(): Promise<void> {
    const { clock, platform, logger, pidFilePath, treeRules } = this.#deps
    await endOrphanOf(pidFilePath, { clock, platform, logger, ...(treeRules === undefined ? {} : { treeRules }) })
  }

  /** Two engines must not share a temp folder, so one that cannot be ended forbids the start. */
  async #findUnendedOrphan(): Promise<Failure | undefined> {
    try {
      await this.#endOrphanNow()
    } catch (error) {
      if (error instanceof ProcessTreeAlive) return stuckFailure('an earlier start', error.pids)
      this.#deps.logger.warn({ err: error }, 'nobody knows whether an earlier engine still runs')
    }
    return undefined
  }

  async #keepRunning(plan: LaunchPlan, signal: AbortSignal): Promise<void> {
    const { clock, restartRules = defaultRestartRules } = this.#deps
    const name = engineNames[plan.kind]
    let history = freshRestartHistory
    const leftOver = await this.#findUnendedOrphan()
    if (leftOver !== undefined) {
      this.#apply({ kind: 'gaveUp', failure: leftOver })
      return
    }
    while (!signal.aborted) {
      const outcome = await this.#runOnce(plan, signal)
      if (outcome.kind === 'stopped') return
      if (outcome.kind === 'stuck') {
        this.#apply({ kind: 'gaveUp', failure: stuckFailure(name.inside, outcome.pids) })
        return
      }
      if (isAborted(signal)) return
      const isExplained = outcome.kind === 'crashed' && this.#deps.isExplained?.(outcome.code) === true
      const end = outcome.kind === 'crashed' ? { ...outcome, isExplained } : outcome
      const decided = decideRestart(history, end, clock.nowMs(), restartRules)
      history = decided.history
      const failure = toLoopFailure(outcome, name)
      if (decided.decision.kind === 'giveUp') {
        this.#apply({ kind: 'gaveUp', failure })
        return
      }
      const { delayMs, attempt } = decided.decision
      if (delayMs > 0) {
        this.#apply({ kind: 'retryPlanned', retryAtMs: clock.nowMs() + delayMs, attempt, failure })
        await wait(delayMs, signal)
      }
      if (!isAborted(signal)) this.#apply({ kind: 'startRequested', attempt })
    }
  }

  async #runOnce(plan: LaunchPlan, signal: AbortSignal): Promise<RunOutcome> {
    const { timings, environment = process.env, platform } = this.#deps
    this.#notices = []
    const deps = {
      memory: createMemoryReader(platform),
      memoryCeilingPercent: () => null,
      ...this.#deps,
      environment,
      log: this.log,
      timings: { ...defaultRunTimings, ...timings },
    }
    const run = new EngineRun(plan, deps, this.#hooks())
    this.#run = run
    try {
      return await run.run(signal)
    } finally {
      this.#run = undefined
      this.#isTrusted = false
      this.#proved = undefined
    }
  }

  #hooks(): RunHooks {
    return {
      onProgress: (progress) => this.#apply({ kind: 'progressed', progress }),
      onMemoryPressure: () => {
        for (const listener of this.#pressureListeners) listener()
      },
      onNotice: (notice) => this.#notices.push(notice),
      onHealth: (health) => {
        this.#health = health
      },
      onTrust: (isTrusted) => {
        this.#isTrusted = isTrusted
      },
      onReady: ({ pid, port, secret, health }) => {
        const { bootId, engine, version } = health
        this.#proved = { port, secret, bootId }
        this.#health = health
        this.#isTrusted = true
        this.#apply({ kind: 'proved', pid, port, bootId, engine, version })
      },
    }
  }

  #apply(event: SupervisorEvent): void {
    const state = nextState(this.#state, event, this.#deps.clock.nowMs())
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }

  #reportBug(error: unknown, plan: LaunchPlan): void {
    this.#deps.logger.error({ err: error }, 'the supervisor failed')
    const message = `Gatehouse itself failed while starting ${engineNames[plan.kind].inside}. Its log says more.`
    this.#apply({ kind: 'gaveUp', failure: toFailure('EXITED', message, this.#lastLines()) })
  }

  #lastLines(): string[] {
    return this.log.lines().map((line) => line.text)
  }
}
