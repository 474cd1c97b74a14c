import * as z from 'zod/mini'

/** The parts of the gate's answers that the badge shows. */

export const sessionSchema = z.object({
  user: z.object({ name: z.string(), role: z.string() }),
  roleTitle: z.string(),
  mayUseManager: z.boolean(),
  isInApp: z.boolean(),
})
export type Session = z.infer<typeof sessionSchema>

export const jobsSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['waiting', 'held', 'starting', 'running', 'succeeded', 'failed', 'cancelled']),
      position: z.nullable(z.number()),
      expectedWaitSeconds: z.nullable(z.number()),
      reason: z.nullable(z.string()),
    }),
  ),
})
export type Job = z.infer<typeof jobsSchema>['items'][number]

/** Whether jobs begin at all. */
export const queueSchema = z.object({
  paused: z.boolean(),
  pausedUntil: z.nullable(z.string()),
  ready: z.boolean(),
  stoppedBecause: z.nullable(z.string()),
})
export type Queue = z.infer<typeof queueSchema>

export const folderSchema = z.object({
  bytes: z.number(),
  inputBytes: z.number(),
  quotaBytes: z.nullable(z.number()),
  warning: z.nullable(z.string()),
})
export type Folder = z.infer<typeof folderSchema>

export const workflowsSchema = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), problem: z.nullable(z.string()) })),
})
export type Workflow = z.infer<typeof workflowsSchema>['items'][number]

/** A published workflow as ComfyUI's page opens it. */
export const workflowCanvasSchema = z.object({
  prompt: z.record(z.string(), z.unknown()),
  canvas: z.nullable(z.record(z.string(), z.unknown())),
})

export const problemSchema = z.object({ detail: z.string() })

export const eventSchema = z.object({ type: z.literal('changed'), resource: z.string() })

/** What is known of the person and their work. */
export interface CanvasState {
  /** undefined: not asked yet, or nobody answered. */
  readonly session: Session | 'signedOut' | undefined
  /** In the order in which they are served. */
  readonly jobs: readonly Job[]
  readonly queue: Queue | undefined
  readonly folder: Folder | undefined
  /** What was made ready for this person. */
  readonly workflows: readonly Workflow[]
}
