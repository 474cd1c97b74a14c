import type { Clock } from '../proxy/core/clock.ts'
import type { Logger } from '../proxy/core/logger.ts'
import type { Random } from '../proxy/core/random.ts'
import type { WatchRules } from './healthWatch.ts'
import type { Diagnosis, EngineNotice } from './knownFailures.ts'
import type { LogBuffer } from './logBuffer.ts'
import type { MemoryRules } from './memoryCeiling.ts'
import type { TreeRules } from './processTree.ts'
import type { EngineHealth } from './readinessProbe.ts'
import type { MemoryReader } from './treeMemory.ts'
import type { Progress } from './supervisorState.ts'

/** How often is asked and how long is waited, in milliseconds. */
export interface RunTimings {
  probeIntervalMs: number
  pollIntervalMs: number
  unsureIntervalMs: number
  answerTimeoutMs: number
  /** Without a new line in the log for so long a start counts as stuck. Packs may download for minutes. */
  startSilenceMs: number
  startLimitMs: number
  portFreeMs: number
}

export const defaultRunTimings: RunTimings = {
  probeIntervalMs: 300,
  pollIntervalMs: 2_000,
  unsureIntervalMs: 250,
  answerTimeoutMs: 5_000,
  startSilenceMs: 10 * 60_000,
  startLimitMs: 60 * 60_000,
  portFreeMs: 5_000,
}

export interface RunDeps {
  clock: Clock
  random: Random
  logger: Logger
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
  pidFilePath: string
  log: LogBuffer
  timings: RunTimings
  watchRules?: WatchRules
  treeRules?: TreeRules
  memoryRules?: MemoryRules
  /** See countMemoryKills; for tests. */
  memoryKills?: () => number | undefined
  memory: MemoryReader
  /** See ceilingOf. */
  memoryCeilingPercent: () => number | null
}

/** What a run tells while it runs. */
export interface RunHooks {
  onProgress(progress: Progress): void
  onNotice(notice: EngineNotice): void
  onReady(facts: { pid: number; port: number; secret: string; health: EngineHealth }): void
  onHealth(health: EngineHealth): void
  /** Whether the proof holds right now; nothing carrying the secret may be sent while it does not. */
  onTrust(isTrusted: boolean): void
  /** It takes more memory than it may, and will be ended if it goes on. */
  onMemoryPressure(): void
}

export type RunOutcome =
  | { kind: 'stopped' }
  | { kind: 'restartedInside'; readyForMs: number }
  | ({ kind: 'crashed'; readyForMs: number; logLines: readonly string[] } & Diagnosis)
  /** Something of the tree could not be ended. */
  | { kind: 'stuck'; pids: readonly number[] }
