import { memberOf } from '../values/json.ts'
import type { QueueItem, RunResult } from './promptQueue.ts'
import { memoryKey, PromptRun, type CachedResult, type ExecutorDeps } from './promptRun.ts'
import { computeSignatures } from './signatures.ts'

/** Runs prompts one after the other and keeps results for the next one, as ComfyUI's classic cache does. */
export class PromptExecutor {
  readonly #deps: ExecutorDeps
  #results = new Map<string, CachedResult>()
  #memories = new Map<string, Map<string, string>>()
  #isRunning = false
  #resetWanted = false

  constructor(deps: ExecutorDeps) {
    this.#deps = deps
  }

  /** Forgets all results, after the run under way. */
  resetWhenIdle(): void {
    this.#resetWanted = true
    if (!this.#isRunning) this.#resetIfWanted()
  }

  /** Never throws: whatever goes wrong is an execution_error of that run. */
  async execute(item: QueueItem): Promise<RunResult> {
    const run = new PromptRun(item, this.#deps)
    this.#isRunning = true
    try {
      this.#deps.interruption.clear()
      const clientId = memberOf(item.extraData, 'client_id')
      this.#deps.hub.clientId = typeof clientId === 'string' ? clientId : undefined
      run.addMessage('execution_start', { prompt_id: item.promptId })
      const signatures = await computeSignatures(item.prompt, this.#deps.classes, this.#deps.folders)
      this.#forgetUnused(item, signatures)
      await run.runAll(signatures, this.#results, this.#memories)
    } catch (error) {
      run.fail(Object.keys(item.prompt)[0] ?? '', {}, error)
    }
    this.#deps.hub.lastNodeId = undefined
    const result = run.toResult(this.#results)
    this.#isRunning = false
    this.#resetIfWanted()
    return result
  }

  #resetIfWanted(): void {
    if (!this.#resetWanted) return
    this.#resetWanted = false
    this.#results = new Map()
    this.#memories = new Map()
  }

  #forgetUnused(item: QueueItem, signatures: ReadonlyMap<string, string>): void {
    const used = new Set(signatures.values())
    for (const signature of this.#results.keys()) if (!used.has(signature)) this.#results.delete(signature)
    const keys = new Set(Object.keys(item.prompt).map((id) => memoryKey(item.prompt, id)))
    for (const key of this.#memories.keys()) if (!keys.has(key)) this.#memories.delete(key)
  }
}
