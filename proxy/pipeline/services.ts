import type { Engine } from '../comfyui/engine.ts'
import type { SettingName, Settings } from '../contract/settings.ts'
import type { JsonObject } from '../comfyui/losslessJson.ts'
import type { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import type { JobQueue } from '../jobs/jobQueue.ts'
import type { WorkflowAsker } from '../workflows/grants.ts'
import type { PublishedRun } from '../workflows/publishedRuns.ts'
import type { ClientRules, PeerRules } from '../http/peerRules.ts'
import type { TlsSource } from '../http/tlsSource.ts'
import type { PipelineAudit } from './audit.ts'
import type { EngineFacts } from '../nodes/catalogReader.ts'
import type { EngineRuleSource, UserFolderSource } from './engineUsers.ts'
import type { Authenticator, OwnApplication } from './requestContext.ts'

export interface SettingsReader {
  get<Name extends SettingName>(name: Name): Settings[Name]
  onChange(listener: () => void): () => void
}

/** Whether there is room for what somebody sends. */
export interface InputRoom {
  /** What is let in counts from then on. @throws GateError QUOTA_EXCEEDED in words */
  checkInput(accountId: string, bytes: number, isUpload: boolean): Promise<void>
}

/** Which nodes and models people may use; see nodes/nodeRights.ts. */
export interface NodeGuard extends EngineRuleSource {
  attach(facts: EngineFacts): void
  /** The engine came or went. */
  followEngine(): void
  onChange(listener: () => void): () => void
  /** Why somebody may not run these nodes as a workflow of their own, in ComfyUI's shape; undefined: they may. */
  findRefusal(accountId: string, nodes: JsonObject): Promise<GateError | undefined>
}

/** Published workflows, as a prompt needs them. */
export interface PublishedPrompts {
  /** The one that a sent graph is. @throws GateError BAD_REQUEST naming node and input */
  match(asker: WorkflowAsker, sent: JsonObject): Promise<PublishedRun>
  isGranted(workflowId: string, person: WorkflowAsker): Promise<boolean>
  /** Bytes of a prompt that is to be one of them. */
  findBodyLimit(): Promise<number>
}

/** Everything the gate is given from outside. */
export interface GateDependencies {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly engine: Engine
  readonly authenticator: Authenticator
  readonly settings: SettingsReader
  /** Where each person's files lie. */
  readonly folders: UserFolderSource
  /** Left out: nobody counts. */
  readonly room?: InputRoom
  readonly nodes: NodeGuard
  /** Everybody's jobs. Whoever opened it closes it, after the gate. */
  readonly jobs: JobQueue
  /** Workflows that people may run without building any. Left out: nothing is published. */
  readonly published?: PublishedPrompts
  /** Answers `/gatehouse/*` and the sign-in routes. */
  readonly ownApplication: OwnApplication
  readonly audit: PipelineAudit
  /** Who may connect; left out: the home's networks. The owner's window asks nobody. */
  readonly peerRules?: PeerRules
  /** Whose word about their clients is believed, and who of those may come; left out: nobody's. */
  readonly clientRules?: ClientRules
  /** Left out: nothing is encrypted. */
  readonly tls?: TlsSource
}
