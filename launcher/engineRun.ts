import fs from 'node:fs'
import { writeFileAtomically } from './atomicFile.ts'
import { spawnEngine } from './engineProcess.ts'
import type { EngineProcess } from './engineProcess.ts'
import { findFreePort, isPortFree } from './freePort.ts'
import { defaultWatchRules, freshWatch, judgeHealth } from './healthWatch.ts'
import { diagnoseExit, findNotice, isCompanionFailure } from './knownFailures.ts'
import type { Diagnosis } from './knownFailures.ts'
import { createLaunchCommand, startMarkName } from './launchCommand.ts'
import type { LaunchCommand, LaunchPlan } from './launchCommand.ts'
import { removePidFile, writePidFile } from './pidFile.ts'
import type { PidRecord } from './pidFile.ts'
import { listProcesses } from './processTable.ts'
import { defaultTreeRules, endTree, ProcessTreeAlive } from './processTree.ts'
import type { TreeRoot } from './processTree.ts'
import { askHealth } from './readinessProbe.ts'
import type { EngineHealth, HealthAnswer } from './readinessProbe.ts'
import { findProgress, isServing } from './startProgress.ts'
import {
  answeredByAnother,
  companionMissing,
  endedBecause,
  notStarted,
  portTaken,
  startTimedOut,
} from './runDiagnoses.ts'
import type { LogLine } from './logBuffer.ts'
import type { RunDeps, RunHooks, RunOutcome } from './engineRunTypes.ts'
import { isAborted, wait } from './wait.ts'

const unprovedAnswersAtStart = 3

type Ending = { kind: 'restartedInside' } | ({ kind: 'crashed' } & Diagnosis)

/** One engine process from its start until nothing of its tree is left. */
export class EngineRun {
  readonly #plan: LaunchPlan
  readonly #deps: RunDeps
  readonly #hooks: RunHooks
  readonly #secret: string
  readonly #startId: string
  readonly #firstSequence: number
  #wake: (() => void) | undefined
  #isProofDue = false
  #isUnprotected = false
  #readyAtMs: number | undefined

  constructor(plan: LaunchPlan, deps: RunDeps, hooks: RunHooks) {
    this.#plan = plan
    this.#deps = deps
    this.#hooks = hooks
    this.#secret = deps.random.bytes(32).toString('hex')
    this.#startId = deps.random.bytes(16).toString('hex')
    this.#firstSequence = deps.log.lastSequence
  }

  /** Asks for health at once instead of at the next turn. */
  proveNow(): void {
    this.#hooks.onTrust(false)
    this.#isProofDue = true
    this.#wake?.()
  }

  /** Runs until the engine ends or the signal aborts; then ends the tree. Never rejects for what the engine does. */
  async run(signal: AbortSignal): Promise<RunOutcome> {
    const { log, platform } = this.#deps
    log.hide(this.#secret)
    const port = await this.#choosePort()
    if (port === undefined) return this.#crashed(portTaken(this.#plan.port))
    if (signal.aborted) return { kind: 'stopped' }
    const command = this.#createCommand(port)
    let child: EngineProcess
    try {
      prepareFiles(command)
      log.add(`[gatehouse] ${[command.file, ...command.args].join(' ')}`)
      child = await spawnEngine(command, log, platform)
    } catch (error) {
      return this.#crashed(notStarted(command.file, error))
    }
    const root = { pid: child.pid, startTime: undefined, marker: `${startMarkName}=${this.#startId}` }
    const stopListening = log.onLine((line) => this.#readLine(line))
    try {
      return await this.#runChild(child, root, { port, command, signal })
    } finally {
      stopListening()
      child.release()
    }
  }

  async #runChild(
    child: EngineProcess,
    root: TreeRoot,
    { port, command, signal }: { port: number; command: LaunchCommand; signal: AbortSignal },
  ): Promise<RunOutcome> {
    try {
      const record = this.#writeRecord(root, port, command)
      const identified = this.#identify(root, record)
      const ending = await this.#live(child, port, signal)
      return await this.#finish(await identified, child, port, ending)
    } catch (error) {
      // Whatever went wrong with us: no engine may stay behind without anybody who watches it.
      const { clock, platform } = this.#deps
      await endTree(root, { clock, platform })
      throw error
    }
  }

  #createCommand(port: number): LaunchCommand {
    const { platform, environment } = this.#deps
    const facts = { secret: this.#secret, startId: this.#startId, parentPid: process.pid, platform, environment }
    return createLaunchCommand(this.#plan, { ...facts, port })
  }

  async #choosePort(): Promise<number | undefined> {
    const asked = this.#plan.port
    if (asked === undefined) return findFreePort()
    return (await this.#untilPortIsFree(asked)) ? asked : undefined
  }

  /** At once after the spawn: an app that is killed a moment later still leaves a trace. */
  #writeRecord(root: TreeRoot, port: number, { commandParts }: LaunchCommand): PidRecord {
    const record: PidRecord = {
      version: 1,
      pid: root.pid,
      port,
      startId: this.#startId,
      commandParts: [...commandParts],
    }
    writePidFile(this.#deps.pidFilePath, record)
    return record
  }

  /** Adds the process's start time, which takes a second to learn on Windows. Never rejects. */
  async #identify(root: TreeRoot, record: PidRecord): Promise<TreeRoot> {
    const { pidFilePath, platform, logger } = this.#deps
    try {
      const startTime = (await listProcesses(platform)).find((row) => row.pid === root.pid)?.startTime
      if (startTime === undefined) return root
      writePidFile(pidFilePath, { ...record, startTime })
      return { ...root, startTime }
    } catch (error) {
      logger.warn({ err: error }, 'the start time of the engine process is unknown')
      return root
    }
  }

  /** Until the engine ends by itself or has to be ended; undefined when the signal aborted. */
  async #live(child: EngineProcess, port: number, signal: AbortSignal): Promise<Ending | undefined> {
    const over = new AbortController()
    const end = (): void => over.abort()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    void child.died.then(() => {
      this.#hooks.onTrust(false)
      end()
    })
    try {
      const ready = await this.#untilReady(child, port, over.signal)
      const ending = ready.kind === 'ready' ? await this.#watch(ready.health, port, over.signal) : ready
      if (signal.aborted) return undefined
      if (child.exit() === undefined && ending.kind !== 'over') return ending
      return this.#judgeExit(await child.exited)
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  #judgeExit(exit: { code: number | null; signal: NodeJS.Signals | null }): Ending {
    const wasReady = this.#readyAtMs !== undefined
    // ComfyUI-Manager on Windows and below comfy-cli ends the process with 0 to be started again.
    if (wasReady && exit.code === 0) return { kind: 'restartedInside' }
    return { kind: 'crashed', ...diagnoseExit(this.#logTexts(), exit, wasReady) }
  }

  async #untilReady(
    child: EngineProcess,
    port: number,
    over: AbortSignal,
  ): Promise<{ kind: 'ready'; health: EngineHealth } | { kind: 'over' } | Ending> {
    const { clock, timings } = this.#deps
    const startedAtMs = clock.nowMs()
    let unproved = 0
    while (!over.aborted) {
      const answer = await this.#ask(port, over)
      if (isAborted(over) || child.exit() !== undefined) return { kind: 'over' }
      if (answer.kind === 'proved') {
        this.#readyAtMs = clock.nowMs()
        this.#hooks.onReady({ pid: child.pid, port, secret: this.#secret, health: answer.health })
        this.#hooks.onTrust(true)
        return { kind: 'ready', health: answer.health }
      }
      unproved = answer.kind === 'unproved' ? unproved + 1 : 0
      if (unproved >= unprovedAnswersAtStart) return this.#judgeImpostor(port)
      if (this.#isStuck(startedAtMs)) return { kind: 'crashed', ...startTimedOut }
      await this.#pause(timings.probeIntervalMs, over)
      if (this.#isUnprotected) return { kind: 'crashed', ...companionMissing }
    }
    return { kind: 'over' }
  }

  #isStuck(startedAtMs: number): boolean {
    const { clock, timings, log } = this.#deps
    const nowMs = clock.nowMs()
    const lastLineAtMs = log.lines(this.#firstSequence).at(-1)?.atMs ?? startedAtMs
    return nowMs - startedAtMs >= timings.startLimitMs || nowMs - lastLineAtMs >= timings.startSilenceMs
  }

  #judgeImpostor(port: number): Ending {
    const lines = this.#logTexts()
    if (lines.some((line) => line.includes('[gatehouse] restarted from inside'))) return { kind: 'restartedInside' }
    // ComfyUI says that it serves, and what answers does not know us: it is ComfyUI without its companion.
    const isUnprotected = lines.some((line) => isCompanionFailure(line) || isServing(line))
    return { kind: 'crashed', ...(isUnprotected ? companionMissing : answeredByAnother(port)) }
  }

  /** The first answer was right; from here on each one is judged in the light of those before it. */
  async #watch(ready: EngineHealth, port: number, over: AbortSignal): Promise<{ kind: 'over' } | Ending> {
    const { clock, timings, watchRules = defaultWatchRules } = this.#deps
    let watch = freshWatch
    let isUnsure = false
    while (!over.aborted) {
      await this.#pause(isUnsure ? timings.unsureIntervalMs : timings.pollIntervalMs, over)
      const answer = await this.#ask(port, over)
      if (isAborted(over)) break
      const judged = judgeHealth(watch, answer, ready.bootId, clock.nowMs(), watchRules)
      watch = judged.watch
      const { verdict } = judged
      if (answer.kind === 'proved') this.#hooks.onHealth(answer.health)
      if (verdict.kind === 'restartedInside') return verdict
      if (verdict.kind === 'crashed') return { kind: 'crashed', ...endedBecause[verdict.code] }
      isUnsure = verdict.kind === 'unsure'
      if (verdict.kind === 'healthy') this.#hooks.onTrust(true)
      if (isUnsure) this.#hooks.onTrust(false)
    }
    return { kind: 'over' }
  }

  async #pause(delayMs: number, over: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = (): void => woken.abort()
    this.#wake = wake
    over.addEventListener('abort', wake, { once: true })
    if (over.aborted || this.#isProofDue) wake()
    await wait(delayMs, woken.signal)
    this.#isProofDue = false
    over.removeEventListener('abort', wake)
    this.#wake = undefined
  }

  #ask(port: number, signal: AbortSignal): Promise<HealthAnswer> {
    const nonce = this.#deps.random.bytes(16).toString('hex')
    return askHealth({ port, secret: this.#secret, nonce, timeoutMs: this.#deps.timings.answerTimeoutMs, signal })
  }

  async #finish(root: TreeRoot, child: EngineProcess, port: number, ending: Ending | undefined): Promise<RunOutcome> {
    const { clock, platform, treeRules = defaultTreeRules, pidFilePath, logger } = this.#deps
    const readyForMs = this.#readyAtMs === undefined ? 0 : clock.nowMs() - this.#readyAtMs
    try {
      await endTree(root, { clock, platform, rules: treeRules })
      await child.exited
    } catch (error) {
      logger.error({ err: error }, 'the engine could not be ended as it should')
      const pids = error instanceof ProcessTreeAlive ? error.pids : await this.#stillAlive(child)
      if (pids.length > 0) return { kind: 'stuck', pids }
    }
    removePidFile(pidFilePath)
    if (!(await this.#untilPortIsFree(port))) logger.warn({ port }, 'the port of the engine is held by another program')
    if (ending === undefined) return { kind: 'stopped' }
    return ending.kind === 'crashed' ? { ...ending, readyForMs, logLines: this.#logTexts() } : { ...ending, readyForMs }
  }

  /** Where processes cannot be listed: whether at least the engine itself has ended. */
  async #stillAlive(child: EngineProcess): Promise<number[]> {
    await Promise.race([child.died, wait(this.#deps.timings.answerTimeoutMs)])
    return child.exit() === undefined ? [child.pid] : []
  }

  async #untilPortIsFree(port: number): Promise<boolean> {
    const { clock, timings } = this.#deps
    const startedAtMs = clock.nowMs()
    while (!(await isPortFree(port))) {
      if (clock.nowMs() - startedAtMs >= timings.portFreeMs) return false
      await wait(100)
    }
    return true
  }

  #crashed(diagnosis: Diagnosis): RunOutcome {
    return { kind: 'crashed', ...diagnosis, readyForMs: 0, logLines: this.#logTexts() }
  }

  #readLine(line: LogLine): void {
    if (isCompanionFailure(line.text)) {
      // Before ComfyUI opens its port, not after.
      this.#isUnprotected = true
      this.#wake?.()
    }
    const progress = findProgress(line.text)
    if (progress !== undefined) this.#hooks.onProgress(progress)
    const notice = findNotice(line.text)
    if (notice !== undefined) this.#hooks.onNotice(notice)
  }

  #logTexts(): string[] {
    return this.#deps.log.lines(this.#firstSequence).map((line) => line.text)
  }
}

function prepareFiles({ generatedFile, workingDirectory, hasStdin }: LaunchCommand): void {
  if (generatedFile !== undefined) writeFileAtomically(generatedFile.path, generatedFile.text)
  if (hasStdin) fs.mkdirSync(workingDirectory, { recursive: true, mode: 0o700 })
}
