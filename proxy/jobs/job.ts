import type { JobStatus } from './jobState.ts'

/** Which version of which published workflow. */
export interface PublishedWorkflow {
  readonly id: string
  readonly version: number
}

/** Of a row of the journal. */
export function toPublished(row: {
  readonly published_id: string | null
  readonly published_version: number | null
}): PublishedWorkflow | undefined {
  const { published_id: id, published_version: version } = row
  return id === null || version === null ? undefined : { id, version }
}

/** A job as the running program keeps it; its texts are on disk. */
export interface Job {
  readonly id: string
  readonly accountId: string
  /** The tab that wants the events. */
  readonly clientId: string | undefined
  readonly shape: string
  /** What it makes, in the few words of a list; empty when it does not say. */
  readonly title: string
  readonly nodes: number
  readonly hasSecrets: boolean
  /** Of its texts, on disk and in memory together. */
  readonly bytes: number
  /** The published workflow that it runs; undefined: a graph of one's own. */
  readonly published: PublishedWorkflow | undefined
  /** The id of the canvas that made it, as JSON text. */
  readonly workflowId: string | undefined
  readonly createdAtMs: number
  /** Below zero: before everybody's. */
  number: number
  status: JobStatus
  /** The engine's start that may have it. */
  bootId: string | undefined
  startedAtMs: number | undefined
  endedAtMs: number | undefined
  failure: string | undefined
  expectedSeconds: number
  /** What the fair share was charged for it. */
  charged: { readonly seconds: number; readonly weight: number } | undefined
  /** Known from its handing over on; null: none. */
  runLimitSeconds: number | null
  /** What must not be on disk: the texts as they were sent. Gone when the program ends. */
  secretBody: JobBody | undefined
  /** How often the engine took it and had it no more when it was asked. */
  losses: number
  /** The engine did not say whether it took it: asked before it is handed over again. */
  isUnsure: boolean
  /** Set when it did not stop at its time limit: the end of the engine is its fault then. */
  overdue: boolean
}

/** What only the running program knows of a job, as it is at first. */
export const newJobMemory = () =>
  ({
    expectedSeconds: 0,
    charged: undefined,
    runLimitSeconds: null,
    secretBody: undefined,
    losses: 0,
    isUnsure: false,
    overdue: false,
  }) satisfies Partial<Job>

/** What is written once, when a job is accepted. JSON texts without secrets. */
export interface JobBody {
  readonly prompt: string
  readonly extraData: string
  readonly targets: string | undefined
  readonly outputs: string
}

export const isWaiting = ({ status: { state } }: Job): boolean =>
  state === 'waiting' || state === 'held' || state === 'sent'

/** Counts as one of the person's jobs that are not done. */
export const isActive = (job: Job): boolean => isWaiting(job) || job.status.state === 'running'
