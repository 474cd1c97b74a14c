import { z } from 'zod'
import { accountIdSchema } from './accounts.ts'
import { idSchema } from './ids.ts'

/** Bytes of one draft, its own words included. */
export const draftLimitBytes = 4 * 1024 * 1024
/** How long a draft waits to be published. */
export const draftLifetimeMs = 3_600_000

/**
 * What an administrator has open in ComfyUI's page and wants to publish. It publishes nothing: ComfyUI's page never
 * administers, whoever's it is, so the owner's window shows the draft and asks.
 */
export const saveDraftSchema = z.object({
  name: z.string().trim().min(1).max(80),
  /** ComfyUI's API format, as its page would send it. */
  prompt: z.record(z.string(), z.unknown()).refine((prompt) => Object.keys(prompt).length > 0, 'The canvas is empty.'),
  /** Its own file of the same. */
  canvas: z.record(z.string(), z.unknown()).nullable().default(null),
})

export const savedDraftSchema = z.object({
  id: idSchema,
  name: z.string(),
  by: z.object({ id: accountIdSchema, name: z.string() }),
  savedAt: z.string(),
  /** From the app's own window of ComfyUI on this computer, not from a browser elsewhere. */
  fromApp: z.boolean(),
  nodes: z.number().int(),
})
export type SavedDraft = z.infer<typeof savedDraftSchema>

export const workflowDraftSchema = savedDraftSchema.extend({
  prompt: z.record(z.string(), z.unknown()),
  canvas: z.record(z.string(), z.unknown()).nullable(),
})
export type WorkflowDraft = z.infer<typeof workflowDraftSchema>
