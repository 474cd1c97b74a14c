import { ceilingOf, judgeMemory, memoryRulesFor } from './memoryCeiling.ts'
import type { Diagnosis } from './knownFailures.ts'
import type { RunDeps } from './engineRunTypes.ts'
import type { EngineName } from './engineName.ts'
import type { TreeRoot } from './processTree.ts'
import { outOfMemory } from './runDiagnoses.ts'
import { isAborted, wait } from './wait.ts'

/** Watches what one start of the engine takes: tells when it is too much, and says when it has to be ended. */
export class MemoryGuard {
  readonly #root: TreeRoot
  readonly #name: EngineName
  readonly #deps: RunDeps
  readonly #onPressure: () => void
  #hasFailed = false

  constructor(root: TreeRoot, name: EngineName, deps: RunDeps, onPressure: () => void) {
    this.#root = root
    this.#name = name
    this.#deps = deps
    this.#onPressure = onPressure
  }

  /** Until the engine takes too much for too long; `over` when the signal aborted first. Never rejects. */
  async follow(over: AbortSignal): Promise<{ kind: 'over' } | ({ kind: 'crashed' } & Diagnosis)> {
    const { clock, logger, platform, memoryRules = memoryRulesFor(platform) } = this.#deps
    let sinceMs: number | undefined
    while (!over.aborted) {
      await wait(memoryRules.pollMs, over)
      if (isAborted(over)) break
      const facts = await this.#look()
      if (facts === undefined) {
        sinceMs = undefined
        continue
      }
      const judged = judgeMemory(sinceMs, { ...facts, nowMs: clock.nowMs() }, memoryRules)
      sinceMs = judged.sinceMs
      if (judged.verdict === 'pressed') {
        logger.warn(facts, 'the engine takes more memory than it may')
        this.#onPressure()
      }
      if (judged.verdict === 'over') return { kind: 'crashed', ...outOfMemory(this.#name) }
    }
    return { kind: 'over' }
  }

  /** undefined when it is certainly not too much, or nobody can tell. */
  async #look(): Promise<{ usedBytes: number; ceilingBytes: number; totalBytes: number } | undefined> {
    const { memory, memoryCeilingPercent, logger } = this.#deps
    const totalBytes = memory.totalBytes()
    const ceilingBytes = ceilingOf(totalBytes, memoryCeilingPercent())
    if (ceilingBytes === undefined || memory.usedBytes() <= ceilingBytes) return undefined
    try {
      return { usedBytes: await memory.treeBytes(this.#root), ceilingBytes, totalBytes }
    } catch (error) {
      if (!this.#hasFailed) logger.warn({ err: error }, 'nobody can tell how much memory the engine takes')
      this.#hasFailed = true
      return undefined
    }
  }
}
