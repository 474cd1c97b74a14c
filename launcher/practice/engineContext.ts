import type { Clock } from '../../proxy/core/clock.ts'
import type { Random } from '../../proxy/core/random.ts'
import type { Interruption } from './graph/interruption.ts'
import type { PromptExecutor } from './graph/promptExecutor.ts'
import type { PromptQueue } from './graph/promptQueue.ts'
import type { EngineLog } from './engineLog.ts'
import type { EngineFolders, NodeClass } from './nodes/nodeClass.ts'
import type { PracticeSockets } from './practiceSockets.ts'
import type { EngineUsers } from './users/engineUsers.ts'
import type { JsonObject } from './values/json.ts'

/** What the routes of one engine share. */
export interface EngineContext {
  readonly folders: EngineFolders
  readonly users: EngineUsers
  readonly frontendDirectory: string | undefined
  readonly classes: ReadonlyMap<string, NodeClass>
  readonly queue: PromptQueue
  readonly executor: PromptExecutor
  readonly hub: PracticeSockets
  readonly interruption: Interruption
  readonly log: EngineLog
  readonly clock: Clock
  readonly random: Random
  readonly features: JsonObject
}

/** What `status` and GET /prompt say. */
export function queueInfo(queue: PromptQueue): JsonObject {
  return { exec_info: { queue_remaining: queue.remaining } }
}
