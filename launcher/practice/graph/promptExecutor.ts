import { memberOf } from '../values/json.ts'
import { NodeFailure } from '../nodes/nodeClass.ts'
import type { EngineUser } from '../users/engineUsers.ts'
import { findRefused, isPublished, NodeRefused } from './nodeRules.ts'
import type { QueueItem, RunResult } from './promptQueue.ts'
import { memoryKey, PromptRun, type CachedResult, type ExecutorDeps } from './promptRun.ts'
import { computeSignatures } from './signatures.ts'

/** For so many users results are kept; those of who ran longest ago go first. */
const MAX_CACHES = 16

/** What is kept of one user's last run. Nobody else's run reads it, and none can find out that it is there. */
class UserCache {
  readonly results = new Map<string, CachedResult>()
  readonly memories = new Map<string, Map<string, string>>()

  forgetUnused(item: QueueItem, signatures: ReadonlyMap<string, string>): void {
    const used = new Set(signatures.values())
    for (const signature of this.results.keys()) if (!used.has(signature)) this.results.delete(signature)
    const keys = new Set(Object.keys(item.prompt).map((id) => memoryKey(item.prompt, id)))
    for (const key of this.memories.keys()) if (!keys.has(key)) this.memories.delete(key)
  }
}

export interface QueueExecutorDeps extends ExecutorDeps {
  /** As the user is known now; undefined for one that is not. */
  readonly findUser: (userId: string) => EngineUser | undefined
}

/** Runs prompts one after the other and keeps results for the same user's next one, as ComfyUI's classic cache does. */
export class PromptExecutor {
  readonly #deps: QueueExecutorDeps
  readonly #caches = new Map<string, UserCache>()
  #isRunning = false
  #resetWanted = false

  constructor(deps: QueueExecutorDeps) {
    this.#deps = deps
  }

  /** Forgets all results, after the run under way. */
  resetWhenIdle(): void {
    this.#resetWanted = true
    if (!this.#isRunning) this.#resetIfWanted()
  }

  /** Never throws: whatever goes wrong is an execution_error of that run. */
  async execute(item: QueueItem): Promise<RunResult> {
    const folders = this.#deps.findUser(item.userId)?.folders
    const run = new PromptRun(item, this.#deps)
    const cache = this.#cacheOf(item.userId)
    this.#isRunning = true
    try {
      this.#deps.interruption.clear()
      const clientId = memberOf(item.extraData, 'client_id')
      this.#deps.hub.clientId = typeof clientId === 'string' ? clientId : undefined
      run.addMessage('execution_start', { prompt_id: item.promptId })
      if (folders === undefined) throw new NodeFailure('PermissionError', 'Nobody is known whose prompt this is.')
      this.#checkClasses(item)
      const signatures = await computeSignatures(item.prompt, this.#deps.classes, folders)
      cache.forgetUnused(item, signatures)
      await run.runAll({
        folders,
        signatures,
        results: cache.results,
        memories: cache.memories,
        mayRun: (name) => this.#mayRun(item, name),
      })
    } catch (error) {
      run.fail(error instanceof NodeRefused ? error.nodeId : (Object.keys(item.prompt)[0] ?? ''), {}, error)
    }
    this.#deps.hub.lastNodeId = undefined
    const result = run.toResult()
    this.#isRunning = false
    this.#resetIfWanted()
    return result
  }

  /** Before its first node: the rules may have changed since it was sent. @throws NodeRefused */
  #checkClasses(item: QueueItem): void {
    const [refused] = findRefused(item.prompt, this.#deps.classes, this.#allowed(item))
    if (refused !== undefined) throw new NodeRefused(...refused)
  }

  #mayRun(item: QueueItem, className: string): boolean {
    return this.#allowed(item)?.has(className) ?? true
  }

  /** By the rules of now; undefined: every class. */
  #allowed({ userId, extraData }: QueueItem): ReadonlySet<string> | undefined {
    return isPublished(extraData) ? undefined : this.#deps.findUser(userId)?.rules?.nodes
  }

  #cacheOf(userId: string): UserCache {
    const cache = this.#caches.get(userId) ?? new UserCache()
    this.#caches.delete(userId)
    this.#caches.set(userId, cache)
    const oldest = this.#caches.keys().next()
    if (this.#caches.size > MAX_CACHES && oldest.done !== true) this.#caches.delete(oldest.value)
    return cache
  }

  #resetIfWanted(): void {
    if (!this.#resetWanted) return
    this.#resetWanted = false
    this.#caches.clear()
  }
}
