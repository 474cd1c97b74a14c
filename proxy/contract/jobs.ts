import { z } from 'zod'
import { accountIdSchema, roleSchema } from './accounts.ts'
import { idSchema } from './ids.ts'

/** What one person may use; null: no limit. */
export const jobLimitsSchema = z.object({
  /** Jobs that wait or run at the same time. */
  queued: z.number().int().min(1).nullable(),
  /** Of one job; it is interrupted then, and ended if it does not stop. */
  runSeconds: z.number().int().min(1).max(604_800).nullable(),
  jobsPerDay: z.number().int().min(1).nullable(),
  gpuMinutesPerDay: z.number().int().min(1).nullable(),
  nodes: z.number().int().min(1).nullable(),
  /** Width × height × batch of the largest picture that a workflow asks for in plain numbers. */
  megapixels: z.number().int().min(1).nullable(),
})
export type JobLimits = z.infer<typeof jobLimitsSchema>

const noLimits: JobLimits = {
  queued: 500,
  runSeconds: null,
  jobsPerDay: null,
  gpuMinutesPerDay: null,
  nodes: null,
  megapixels: null,
}

export const jobLimitsByRoleSchema = z.record(roleSchema, jobLimitsSchema)
export const defaultJobLimits: z.infer<typeof jobLimitsByRoleSchema> = {
  administrator: noLimits,
  creator: { ...noLimits, queued: 200, runSeconds: 3600, megapixels: 1024 },
  user: { ...noLimits, queued: 100, runSeconds: 1800, jobsPerDay: 500, gpuMinutesPerDay: 240, megapixels: 256 },
  viewer: { ...noLimits, queued: 1, runSeconds: 60, jobsPerDay: 1, gpuMinutesPerDay: 1, megapixels: 16 },
  guest: { ...noLimits, queued: 10, runSeconds: 600, jobsPerDay: 50, gpuMinutesPerDay: 30, megapixels: 64 },
}

/**
 * A stored value for each role in today's form: what another version did not know has its default, role by role and
 * member by member, and what this one does not know is left out. `dropped` names what was not kept.
 */
export function readByRole(
  stored: unknown,
  defaults: Readonly<Record<string, unknown>>,
  fits: (value: unknown) => boolean,
): { readonly value: Record<string, unknown>; readonly dropped: readonly string[] } {
  const given = isRecord(stored) ? stored : {}
  const dropped = Object.keys(given).filter((role) => !Object.hasOwn(defaults, role))
  const entries = Object.entries(defaults).map(([role, otherwise]): [string, unknown] => {
    const own = given[role]
    const whole = isRecord(own) && isRecord(otherwise) ? withKnownMembers(own, otherwise, role, dropped) : own
    if (own === undefined || fits(whole)) return [role, own === undefined ? otherwise : whole]
    dropped.push(role)
    return [role, otherwise]
  })
  return { value: Object.fromEntries(entries), dropped }
}

function withKnownMembers(
  own: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
  role: string,
  dropped: string[],
): Record<string, unknown> {
  for (const name of Object.keys(own)) if (!Object.hasOwn(defaults, name)) dropped.push(`${role}.${name}`)
  return Object.fromEntries<unknown>(
    Object.keys(defaults).map((name) => [name, Object.hasOwn(own, name) ? own[name] : defaults[name]]),
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** For single people, instead of what their role has. */
export const jobLimitsByUserSchema = z.record(accountIdSchema, jobLimitsSchema.partial())

/** How much of the GPU a person of that role gets beside one of weight 1. */
const jobWeightSchema = z.number().min(0.01).max(100)
export const jobWeightsSchema = z.record(roleSchema, jobWeightSchema)
export const defaultJobWeights: z.infer<typeof jobWeightsSchema> = {
  administrator: 2,
  creator: 1,
  user: 1,
  viewer: 0.5,
  guest: 0.5,
}

/** See `readByRole`. */
export const readJobLimits = (stored: unknown) =>
  readByRole(stored, defaultJobLimits, (value) => jobLimitsSchema.safeParse(value).success)
export const readJobWeights = (stored: unknown) =>
  readByRole(stored, defaultJobWeights, (value) => jobWeightSchema.safeParse(value).success)

/** null: jobs run. `untilMs` null: until somebody resumes. The running job always ends first. */
export const jobPauseSchema = z.object({ untilMs: z.number().int().nullable() }).nullable()

/** Why a job waits although its turn may come. */
export const holdReasons = ['person', 'owner', 'rights', 'suspect', 'token', 'quota', 'room', 'disk', 'moving'] as const
export const holdReasonSchema = z.enum(holdReasons)
export type HoldReason = z.infer<typeof holdReasonSchema>

export const holdWords: Readonly<Record<HoldReason, string>> = {
  person: 'You put it on hold.',
  owner: 'The owner of this computer put it on hold.',
  rights: 'You may not run this workflow at the moment. It goes on by itself when that changes.',
  suspect: 'An earlier job of yours made ComfyUI crash. Release this one if it is different.',
  quota: 'Your minutes of the graphics card are used up for today. It goes on by itself when you have new ones.',
  token:
    'It came with a sign-in or key for another service, such as comfy.org. Gatehouse never stores those and was restarted since. Send it again.',
  room: 'Your room is full. It goes on by itself once you have removed pictures, or the owner gave you more room.',
  disk: 'The disk is almost full. It goes on by itself when there is room again.',
  moving: 'Your folder is being moved. It goes on by itself.',
}

/** Who may release it; what nobody can release can never run, or goes on by itself. */
export const releasableBy: Readonly<Record<HoldReason, 'person' | 'administrator' | 'nobody'>> = {
  person: 'person',
  owner: 'administrator',
  rights: 'nobody',
  /** After a second crash within an hour an administrator only: the gate knows that. */
  suspect: 'person',
  quota: 'nobody',
  token: 'nobody',
  room: 'nobody',
  disk: 'nobody',
  moving: 'nobody',
}

export const canRelease = (reason: HoldReason, isAdministrator: boolean): boolean =>
  releasableBy[reason] === 'person' || (releasableBy[reason] === 'administrator' && isAdministrator)

export const jobStates = ['waiting', 'held', 'starting', 'running', 'succeeded', 'failed', 'cancelled'] as const
export const jobStateSchema = z.enum(jobStates)

/** How far the running job has come. */
export const jobProgressSchema = z.object({
  /** Nodes that are done, of those of the workflow. */
  done: z.number().int(),
  of: z.number().int(),
  /** Of the node that runs now, if it counts its steps. */
  step: z.object({ value: z.number().int(), max: z.number().int() }).nullable(),
  /** 0 to 1, of both together. */
  fraction: z.number().min(0).max(1),
  /** Number of the unfinished picture at `jobs/{id}/preview`; it grows with each new one. null: there is none. */
  preview: z.number().int().nullable().default(null),
})
export type JobProgress = z.infer<typeof jobProgressSchema>

/** A job as its person and the owner see it. Times are ISO 8601. */
export const jobSchema = z.object({
  id: z.string(),
  user: z.object({ id: accountIdSchema, name: z.string() }),
  state: jobStateSchema,
  /** Models and size, as far as the workflow says; may be empty. */
  title: z.string(),
  /** Jobs that are served before this one, of everybody; null when it does not wait. */
  position: z.number().int().nullable(),
  /** Seconds until it is expected to start and that it is expected to take, learned from earlier runs. */
  expectedWaitSeconds: z.number().nullable(),
  expectedRunSeconds: z.number().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  heldBecause: holdReasonSchema.nullable(),
  /** In words: why it is held or how it failed. */
  reason: z.string().nullable(),
  nodes: z.number().int(),
  /** null unless it runs and said something. */
  progress: jobProgressSchema.nullable(),
  /** How long it ran and how many files it gave; null until it is over. */
  runSeconds: z.number().nullable(),
  files: z.number().int().nullable(),
  /** The published workflow that it runs; null: a free one. */
  workflow: z.object({ id: idSchema, name: z.string(), version: z.number().int() }).nullable().default(null),
})
export type JobAnswer = z.infer<typeof jobSchema>

/** Which jobs a list is of; `waiting`: the line, as it is served. */
export const listedStates = ['running', 'waiting', 'held', 'ended'] as const

const newPlaceSchema = z.union([
  z.enum(['first', 'last']),
  z.strictObject({ before: z.uuid() }),
  z.strictObject({ after: z.uuid() }),
])
export type NewPlace = z.infer<typeof newPlaceSchema>

export const changeJobSchema = z.object({
  held: z.boolean().optional(),
  /**
   * In everybody's line, only with the right to administer. `first`: before everybody's; `last`: behind its person's own
   * others; `before`, `after`: directly beside that job, and what stands before it then is pinned in the order it has.
   */
  place: newPlaceSchema.optional(),
  /** Among its person's own jobs; nobody else is passed by it. */
  ownPlace: newPlaceSchema.optional(),
})

export const queueStateSchema = z.object({
  paused: z.boolean(),
  /** ISO 8601; null while paused: until somebody resumes. */
  pausedUntil: z.string().nullable(),
  /** Whether ComfyUI runs: otherwise everything waits for it. */
  ready: z.boolean(),
  /** Why no job begins although the queue is not paused, in words; null: they begin. */
  stoppedBecause: z.string().nullable(),
  /** Jobs of everybody for who administers, otherwise one's own. Those on hold are counted in `waiting`, too. */
  waiting: z.number().int(),
  held: z.number().int(),
  running: z.number().int(),
})
export type QueueState = z.infer<typeof queueStateSchema>
export const pauseQueueSchema = z.object({
  paused: z.boolean(),
  /** ISO 8601; left out: until somebody resumes. */
  until: z.iso.datetime({ offset: true }).optional(),
})

/** What a person may use and has used; the counts of a day start again at `resetsAt` (ISO 8601). */
export const jobUseSchema = z.object({
  limits: jobLimitsSchema,
  queued: z.number().int(),
  jobsToday: z.number().int(),
  gpuMinutesToday: z.number(),
  resetsAt: z.string(),
})
export type JobUse = z.infer<typeof jobUseSchema>
