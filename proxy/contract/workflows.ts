import { z } from 'zod'
import { accountIdSchema, visiblePattern } from './accounts.ts'
import { idSchema } from './ids.ts'
import { roleIdSchema } from './roleRules.ts'

export const workflowIdSchema = idSchema

/** `NODE.INPUT`, for example `3.seed`: which input of which node. */
export const inputKeySchema = z
  .string()
  .max(400)
  .regex(/^[^.]{1,256}\..{1,128}$/u)

/** JSON numbers that are exact here; ComfyUI's seeds go to 2^64 and travel as text of digits. */
const integerSchema = z.number().int()
const digitsSchema = z.string().regex(/^-?\d{1,20}$/)

const common = {
  key: inputKeySchema,
  label: z.string().trim().min(1).max(80),
  hint: z.string().trim().max(200).default(''),
}

/** An input that people may change, and within what. Everything else of the workflow stays as it was published. */
export const workflowInputSchema = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('text'),
    multiline: z.boolean(),
    maxLength: z.number().int().min(1).max(20_000),
    default: z.string(),
  }),
  z.object({
    ...common,
    kind: z.literal('integer'),
    min: integerSchema,
    max: integerSchema,
    step: z.number().int().min(1),
    default: integerSchema,
  }),
  z.object({
    ...common,
    kind: z.literal('number'),
    min: z.number(),
    max: z.number(),
    step: z.number().positive(),
    default: z.number(),
  }),
  z.object({ ...common, kind: z.literal('boolean'), default: z.boolean() }),
  z.object({
    ...common,
    kind: z.literal('choice'),
    choices: z.array(z.string().max(1024)).min(1).max(5000),
    default: z.string(),
  }),
  /** A whole number that is drawn anew for each run unless it is given: as a number, or as text beyond 2^53. */
  z.object({ ...common, kind: z.literal('seed'), min: digitsSchema, max: digitsSchema, default: digitsSchema }),
  /** The name of a picture that the person uploaded. */
  z.object({ ...common, kind: z.literal('image'), default: z.string() }),
])
export type WorkflowInput = z.infer<typeof workflowInputSchema>

export const workflowNameSchema = z
  .string()
  .trim()
  .min(1, 'Give the workflow a name.')
  .max(80, 'A name has at most 80 characters.')
  .regex(visiblePattern, 'A name cannot contain control characters.')

export const workflowGrantsSchema = z.object({
  /** Everybody who may run workflows, guests too. */
  public: z.boolean(),
  roles: z.array(roleIdSchema).max(100),
  people: z.array(accountIdSchema).max(1000),
})
export type WorkflowGrants = z.infer<typeof workflowGrantsSchema>

/** A published workflow for those who may run it. Times are ISO 8601. */
export const workflowSchema = z.object({
  id: workflowIdSchema,
  name: z.string(),
  description: z.string(),
  version: z.number().int(),
  publishedAt: z.string(),
  hasPicture: z.boolean(),
  inputs: z.array(workflowInputSchema),
  /** Whether it can run now with the nodes and models that are there and that this person's role allows; if not, why. */
  problem: z.string().nullable(),
})
export type Workflow = z.infer<typeof workflowSchema>

/** The same for the owner. */
export const managedWorkflowSchema = workflowSchema.extend({
  grants: workflowGrantsSchema,
  /** Everything that could be made changeable, with what ComfyUI says of its range, for the page that publishes. */
  possibleInputs: z.array(workflowInputSchema),
  timesRun: z.number().int(),
  nodes: z.number().int(),
  /** Those of its classes that carry a risk label. */
  riskyNodes: z.array(z.string()),
  versions: z.array(z.object({ version: z.number().int(), publishedAt: z.string(), publishedBy: z.string() })),
})
export type ManagedWorkflow = z.infer<typeof managedWorkflowSchema>

/** ComfyUI's API format: nodes by id. Parsed losslessly where it counts; here only its outer shape. */
const apiWorkflowSchema = z.record(z.string(), z.unknown())

/** What a page that publishes asks first: which inputs are there? Nothing is stored. */
export const inspectWorkflowSchema = z.object({ prompt: apiWorkflowSchema })
export const inspectedWorkflowSchema = z.object({
  possibleInputs: z.array(workflowInputSchema),
  /** Keys that are offered as changeable: texts, seeds, pictures, steps, sizes. */
  suggested: z.array(inputKeySchema),
  nodes: z.number().int(),
  riskyNodes: z.array(z.string()),
  problem: z.string().nullable(),
})
export type InspectedWorkflow = z.infer<typeof inspectedWorkflowSchema>

/** Why nothing was published when this computer was shared for the first time; null: there is nothing to say. */
export const starterSchema = z.object({ problem: z.string().nullable() })

export const publishWorkflowSchema = z.object({
  name: workflowNameSchema,
  description: z.string().trim().max(1000).default(''),
  prompt: apiWorkflowSchema,
  /** ComfyUI's own file of the same workflow, so that its page can open it; null: made from `prompt` there. */
  canvas: z.record(z.string(), z.unknown()).nullable().default(null),
  inputs: z.array(workflowInputSchema).max(200).optional(),
  grants: workflowGrantsSchema.default({ public: false, roles: ['user'], people: [] }),
})

/** Publishing anew: another version of the same workflow. */
export const republishWorkflowSchema = publishWorkflowSchema.pick({ prompt: true, canvas: true, inputs: true })
export const changeWorkflowSchema = z.object({
  name: workflowNameSchema.optional(),
  description: z.string().trim().max(1000).optional(),
  grants: workflowGrantsSchema.optional(),
})

/** What ComfyUI's page opens. */
export const workflowCanvasSchema = z.object({
  version: z.number().int(),
  prompt: apiWorkflowSchema,
  canvas: z.record(z.string(), z.unknown()).nullable(),
})

/** Values by key; what is not named is as published, a seed is drawn. */
export const runWorkflowSchema = z.object({
  inputs: z.record(inputKeySchema, z.unknown()).default({}),
})
export const startedRunSchema = z.object({
  jobId: z.string(),
  workflow: z.object({ id: workflowIdSchema, name: z.string(), version: z.number().int() }),
  /** What it runs with, seeds too. */
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})
