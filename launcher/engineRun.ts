import fs from 'node:fs'
import { writeFileAtomically } from './atomicFile.ts'
import { spawnEngine } from './engineProcess.ts'
import type { EngineProcess } from './engineProcess.ts'
import { findFreePort, isPortFree } from './freePort.ts'
import { engineNames } from './engineName.ts'
import type { EngineName } from './engineName.ts'
import { EngineProof } from './engineProof.ts'
import type { Ending } from './engineProof.ts'
import { diagnoseExit, findNotice, isCompanionFailure } from './knownFailures.ts'
import type { Diagnosis, EngineExit } from './knownFailures.ts'
import { createLaunchCommand, startMarkName } from './launchCommand.ts'
import type { LaunchCommand, LaunchPlan } from './launchCommand.ts'
import { MemoryGuard } from './memoryGuard.ts'
import { countMemoryKills } from './memoryKills.ts'
import { removePidFile, writePidFile } from './pidFile.ts'
import type { PidRecord } from './pidFile.ts'
import { listProcesses } from './processTable.ts'
import { defaultTreeRules, endTree, killAtOnce, ProcessTreeAlive } from './processTree.ts'
import type { TreeRoot } from './processTree.ts'
import { findProgress } from './startProgress.ts'
import { notStarted, portTaken } from './runDiagnoses.ts'
import type { LogLine } from './logBuffer.ts'
import type { RunDeps, RunHooks, RunOutcome } from './engineRunTypes.ts'
import { wait } from './wait.ts'

/** One engine process from its start until nothing of its tree is left. */
export class EngineRun {
  readonly #plan: LaunchPlan
  readonly #deps: RunDeps
  readonly #hooks: RunHooks
  readonly #secret: string
  readonly #startId: string
  readonly #firstSequence: number
  readonly #name: EngineName
  readonly #memoryKillsBefore: number | undefined
  #proof: EngineProof | undefined
  #isCondemned = false
  #readyAtMs: number | undefined

  constructor(plan: LaunchPlan, deps: RunDeps, hooks: RunHooks) {
    this.#plan = plan
    this.#deps = deps
    this.#hooks = hooks
    this.#secret = deps.random.bytes(32).toString('hex')
    this.#startId = deps.random.bytes(16).toString('hex')
    this.#firstSequence = deps.log.lastSequence
    this.#name = engineNames[plan.kind]
    this.#memoryKillsBefore = this.#countMemoryKills()
  }

  /** Asks for health at once instead of at the next turn. */
  proveNow(): void {
    this.#hooks.onTrust(false)
    this.#proof?.askNow()
  }

  /** It does not react any more: when it is ended, nobody asks it to. */
  condemn(): void {
    this.#isCondemned = true
  }

  /** Runs until the engine ends or the signal aborts; then ends the tree. Never rejects for what the engine does. */
  async run(signal: AbortSignal): Promise<RunOutcome> {
    const { log, platform } = this.#deps
    log.hide(this.#secret)
    const port = await this.#choosePort()
    if (port === undefined) return this.#crashed(portTaken(this.#plan.port, this.#name))
    if (signal.aborted) return { kind: 'stopped' }
    const command = this.#createCommand(port)
    let child: EngineProcess
    try {
      prepareFiles(command)
      log.add(`[gatehouse] ${[command.file, ...command.args].join(' ')}`)
      child = await spawnEngine(command, log, platform)
    } catch (error) {
      return this.#crashed(notStarted(command.file, error, this.#plan.kind))
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
      const ending = await this.#live(child, root, { port, signal })
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
  async #live(
    child: EngineProcess,
    root: TreeRoot,
    { port, signal }: { port: number; signal: AbortSignal },
  ): Promise<Ending | undefined> {
    const over = new AbortController()
    const end = (): void => over.abort()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    void child.died.then(() => {
      this.#hooks.onTrust(false)
      end()
    })
    try {
      this.#proof = this.#createProof(child, port)
      const guard = new MemoryGuard(root, this.#name, this.#deps, () => this.#hooks.onMemoryPressure())
      const ending = await Promise.race([this.#proof.follow(over.signal), guard.follow(over.signal)])
      end()
      if (signal.aborted) return undefined
      if (child.exit() === undefined && ending.kind !== 'over') return ending
      return this.#judgeExit(await child.exited)
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  #createProof(child: EngineProcess, port: number): EngineProof {
    const facts = {
      name: this.#name,
      pid: child.pid,
      port,
      secret: this.#secret,
      hasEnded: () => child.exit() !== undefined,
      lines: () => this.#lines(),
    }
    const onReady: RunHooks['onReady'] = (ready) => {
      this.#readyAtMs = this.#deps.clock.nowMs()
      this.#hooks.onReady(ready)
    }
    return new EngineProof(facts, this.#deps, { ...this.#hooks, onReady })
  }

  #judgeExit(exit: EngineExit): Ending {
    const wasReady = this.#readyAtMs !== undefined
    // ComfyUI-Manager on Windows and below comfy-cli ends the process with 0 to be started again.
    if (wasReady && exit.code === 0) return { kind: 'restartedInside' }
    const kills = this.#countMemoryKills()
    const endedForMemory =
      kills !== undefined && this.#memoryKillsBefore !== undefined && kills > this.#memoryKillsBefore
    const circumstances = { engine: this.#plan.kind, wasReady, endedForMemory }
    return { kind: 'crashed', ...diagnoseExit(this.#logTexts(), exit, circumstances) }
  }

  #countMemoryKills(): number | undefined {
    const { platform, memoryKills = () => countMemoryKills(platform) } = this.#deps
    return memoryKills()
  }

  async #finish(root: TreeRoot, child: EngineProcess, port: number, ending: Ending | undefined): Promise<RunOutcome> {
    const { clock, platform, treeRules = defaultTreeRules, pidFilePath, logger } = this.#deps
    const isHung = this.#isCondemned || (ending?.kind === 'crashed' && child.exit() === undefined)
    const readyForMs = this.#readyAtMs === undefined ? 0 : clock.nowMs() - this.#readyAtMs
    try {
      await endTree(root, { clock, platform, rules: isHung ? killAtOnce(treeRules) : treeRules })
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
    if (isCompanionFailure(line.text)) this.#proof?.reportUnprotected()
    const progress = findProgress(line.text)
    if (progress !== undefined) this.#hooks.onProgress(progress)
    const notice = findNotice(line.text)
    if (notice !== undefined) this.#hooks.onNotice(notice)
  }

  #lines(): readonly LogLine[] {
    return this.#deps.log.lines(this.#firstSequence)
  }

  #logTexts(): string[] {
    return this.#lines().map((line) => line.text)
  }
}

function prepareFiles({ generatedFile, workingDirectory, hasStdin }: LaunchCommand): void {
  if (generatedFile !== undefined) writeFileAtomically(generatedFile.path, generatedFile.text)
  if (hasStdin) fs.mkdirSync(workingDirectory, { recursive: true, mode: 0o700 })
}
