import { z } from 'zod'
import { accountIdSchema } from './accounts.ts'
import { outputIdSchema, outputIdsSchema } from './outputs.ts'

/** Formats that can be shared: they are written anew without what stands in the file beside the picture. */
export const sharedTypes: readonly string[] = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif']

/** With whom a picture is shared. */
export const shareSchema = z.object({
  everybody: z.boolean(),
  people: z.array(z.object({ id: accountIdSchema, name: z.string() })),
})
export type Share = z.infer<typeof shareSchema>

/** Replaces what was before. People by their names, as one knows them: no list of everybody is given out. */
export const changeShareSchema = z.object({
  everybody: z.boolean(),
  names: z.array(z.string().trim().min(1).max(40)).max(200).default([]),
})

/** The same for several pictures. */
export const shareManySchema = changeShareSchema.extend(outputIdsSchema.shape)

/** A picture that somebody else shares with one. It is served without what stands in the file beside the picture. */
export const sharedOutputSchema = z.object({
  id: outputIdSchema,
  from: z.object({ id: accountIdSchema, name: z.string() }),
  name: z.string(),
  mediaType: z.string(),
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  sharedAt: z.string(),
})
export type SharedOutput = z.infer<typeof sharedOutputSchema>
