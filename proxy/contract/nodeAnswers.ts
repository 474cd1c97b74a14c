import { z } from 'zod'
import { engineNodeSchema, engineRouteSchema, nodeVerdictSchema } from './nodes.ts'
import { nodeAllowanceSchema, roleIdSchema } from './roleRules.ts'

/** `GET nodes?role=…`: a class as that role meets it. */
export const judgedNodeSchema = engineNodeSchema.extend({
  verdict: nodeVerdictSchema,
  /** Came (`new`) or changed since the owner last looked; null: looked at as it is. */
  unseen: z.enum(['new', 'changed']).nullable(),
  /** The owner allowed exactly this class of this pack as it is to the role, in spite of its risks. */
  allowedByOwner: z.boolean(),
})
export type JudgedNodeAnswer = z.infer<typeof judgedNodeSchema>
export const nodeListSchema = z.object({
  /** false: ComfyUI has not said yet which classes it has; `items` is empty. */
  known: z.boolean(),
  /** Why nothing is known although ComfyUI runs, in words. */
  problem: z.string().nullable().default(null),
  items: z.array(judgedNodeSchema),
})
export type NodeList = z.infer<typeof nodeListSchema>

/** `POST nodes/allow`: refused when a class is not there as it was looked at. */
export const allowNodesSchema = z.object({ role: roleIdSchema, nodes: z.array(nodeAllowanceSchema).min(1).max(5000) })
/** `POST nodes/forbid`: takes the allowance back, and forbids a harmless class. */
export const forbidNodesSchema = z.object({
  role: roleIdSchema,
  nodes: z.array(z.string().min(1).max(256)).min(1).max(5000),
})
/** `POST nodes/seen`: exactly what was looked at; classes and the engine's addresses. */
export const seenSchema = z.object({
  nodes: z.array(nodeAllowanceSchema).max(20_000).default([]),
  routes: z
    .array(z.object({ method: z.string(), path: z.string() }))
    .max(20_000)
    .default([]),
})

/** `GET engine-routes`. `isNew`: came since the owner last looked. */
export const engineRouteListSchema = z.object({
  known: z.boolean(),
  items: z.array(engineRouteSchema.extend({ isNew: z.boolean() })),
})

/** `GET models`: the files of every kind that ComfyUI lists, whoever may see them. */
export const modelFilesSchema = z.object({
  items: z.array(z.object({ folder: z.string(), names: z.array(z.string()) })),
})
export type ModelFiles = z.infer<typeof modelFilesSchema>
