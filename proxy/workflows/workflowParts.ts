import type { JsonObject } from '../comfyui/losslessJson.ts'
import type { Principal, RequestContext } from '../pipeline/requestContext.ts'
import type { PublishedRun, PublishedRuns } from './publishedRuns.ts'
import type { StarterPublisher } from './starterPublisher.ts'
import type { WorkflowProblems } from './workflowProblems.ts'
import type { WorkflowStore } from './workflowStore.ts'

/** What became of a run that was to be put in line. */
export type StartedPublished =
  | { readonly kind: 'accepted'; readonly id: string }
  /** ComfyUI's own words, as JSON text. */
  | { readonly kind: 'invalid'; readonly answer: string }

/** What only the gate can do, once it stands: it knows the line and the engine. */
export interface WorkflowEngine {
  /** Puts a run in line exactly as `POST /prompt` does. @throws GateError */
  start(asked: RequestContext, principal: Principal, run: PublishedRun): Promise<StartedPublished>
  /** ComfyUI's answer of `GET /object_info` as somebody sees it; undefined: it does not answer now. */
  readObjectInfo(accountId: string): Promise<Buffer | undefined>
  /** The same of `GET /experiment/models/checkpoints`. */
  readCheckpoints(accountId: string): Promise<Buffer | undefined>
}

/** Everything about published workflows that the API needs. */
export interface WorkflowParts {
  readonly store: WorkflowStore
  readonly runs: PublishedRuns
  readonly problems: WorkflowProblems
  readonly engine: () => WorkflowEngine
  readonly starter: StarterPublisher
  /** ComfyUI's classes with what it says of them, as the owner sees them; undefined: it does not answer now. */
  readCatalog(): Promise<JsonObject | undefined>
  /** Those of these classes that carry a risk label. */
  findRisky(classes: readonly string[]): Promise<readonly string[]>
}
