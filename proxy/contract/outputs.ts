import { z } from 'zod'
import { idSchema, idSource } from './ids.ts'
import { accountIdSchema } from './accounts.ts'

export const outputKinds = ['image', 'video', 'audio', 'model', 'other'] as const
export const outputKindSchema = z.enum(outputKinds)
export type OutputKind = z.infer<typeof outputKindSchema>

export const outputIdSchema = idSchema

/** Widths in pixels at which previews are made; the height follows. */
export const thumbnailSizes = [256, 512] as const

/** A file that a job of this person made. Times are ISO 8601. */
export const outputSchema = z.object({
  id: outputIdSchema,
  user: z.object({ id: accountIdSchema, name: z.string() }),
  /** The job that made it, while the history has it. */
  jobId: z.string().nullable(),
  name: z.string(),
  /** Below the person's output folder, with `/` between its parts; empty: in the folder itself. */
  subfolder: z.string(),
  kind: outputKindSchema,
  mediaType: z.string(),
  bytes: z.number().int(),
  /** Pixels; null when it is no picture, or not known. */
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  madeAt: z.string(),
  /** It stays when older ones are cleared away. */
  keep: z.boolean(),
  /** Somebody else sees it. */
  shared: z.boolean(),
  /** When it will be cleared away; null: never. */
  expiresAt: z.string().nullable(),
})
export type Output = z.infer<typeof outputSchema>

export const outputsQuerySchema = z.object({
  /** Of one person; others than oneself only with the right to administer. */
  user: accountIdSchema.optional(),
  kind: outputKindSchema.optional(),
  /** What one job made. */
  job: z.uuid().optional(),
  kept: z.enum(['true', 'false']).optional(),
  /** Part of the name, in any case. */
  search: z.string().max(200).optional(),
  /** Those that were removed and can still come back, instead of the others. */
  removed: z.enum(['true', 'false']).optional(),
})

/** What stands in the file: how it was made. */
export const outputDetailsSchema = outputSchema.extend({
  /** In words: model, seed, steps, the texts; empty when the file says nothing. */
  madeWith: z.array(z.object({ label: z.string(), value: z.string() })),
  /** Whether the file carries the workflow, so that ComfyUI's page can open it. */
  hasWorkflow: z.boolean(),
})
export type OutputDetails = z.infer<typeof outputDetailsSchema>

/** Where a page of files ends: opaque. */
export const outputCursorSchema = z.string().regex(new RegExp(`^c[0-9a-z]{1,11}\\.${idSource}$`))

export const changeOutputSchema = z.object({ keep: z.boolean() })
export const outputIdsSchema = z.object({ ids: z.array(outputIdSchema).min(1).max(500) })
/** How many of the named files it was done with; the others are somebody else's or are not there. */
export const outputsDoneSchema = z.object({ done: z.number().int() })
/** The name under which ComfyUI's input folder has it now, as LoadImage wants it. */
export const outputAsInputSchema = z.object({ name: z.string() })
