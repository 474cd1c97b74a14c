import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import type { Role } from '../contract/accounts.ts'
import type { SettingName, Settings } from '../contract/settings.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import type { Job, PublishedWorkflow } from './job.ts'
import type { JobStore } from './jobStore.ts'
import type { RoomCheck } from './roomCheck.ts'
import type { QueueMemory } from './queueMemory.ts'

/** What somebody's jobs are given. */
export interface RunRights {
  /** The role that is always there whose limits and weight count. */
  readonly role: Role
  /** Asked of each job, because a grant of one workflow may be withdrawn. */
  mayRun(job: Pick<Job, 'id' | 'published'>): Promise<boolean>
}

/** Whether jobs may run. Asked when one is handed to the engine, and whenever rights may have changed. */
export interface JobRights {
  /** undefined: there is no such account any more. */
  find(accountId: string): Promise<RunRights | undefined>
  /** Tells that somebody's rights may have changed. */
  onChange(listener: () => void): () => void
}

export interface JobSettings {
  get<Name extends Extract<SettingName, `jobs.${string}` | 'guests.perAddress'>>(name: Name): Settings[Name]
  onChange(listener: () => void): () => void
}

export interface JobQueueDependencies {
  readonly store: JobStore
  readonly memory: QueueMemory
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly settings: JobSettings
  readonly rights: JobRights
  /** Hears of each job that came to its end at the engine, and how long it ran. */
  readonly onEnded?: (job: Job, seconds: number) => void
  /** Left out: nobody counts. */
  readonly room?: RoomCheck
  /** Shorter waits for tests; the product never sets it. */
  readonly timings?: Partial<JobTimings>
}

export interface JobTimings {
  /** From the interruption at the time limit to the end of the engine. */
  readonly stopGraceMs: number
  /** How often it is compared with the engine what the engine has. */
  readonly compareMs: number
  /** How long an answer of the history waits for a job that has just ended. */
  readonly settleMs: number
}

export const defaultJobTimings: JobTimings = { stopGraceMs: 10_000, compareMs: 10_000, settleMs: 5_000 }

/** A prompt that was checked and may be kept. */
export interface JobOrder {
  readonly accountId: string
  /** The role that is always there whose limits count. */
  readonly role: Role
  readonly wantedId: string | undefined
  readonly clientId: string | undefined
  readonly nodes: JsonObject
  readonly extraData: JsonObject
  readonly targets: JsonValue | undefined
  /** Before everybody's, or a number of one's own; administrators only. */
  readonly place: { readonly front: boolean; readonly number: number | undefined }
  /** Left out: a graph of one's own. */
  readonly published?: PublishedWorkflow | undefined
  /** Of a published workflow, its name; left out: what the graph says of itself. */
  readonly title?: string | undefined
  /** JSON text of the outputs that will be executed, if the engine's validation said so. */
  readonly outputs: string | undefined
}
