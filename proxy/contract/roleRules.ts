import { z } from 'zod'
import { permissions } from './permissions.ts'
import { roleIdPattern, roles } from './roles.ts'

export const roleIdSchema = z.string().regex(roleIdPattern)
export const permissionSchema = z.enum(permissions)

/** ComfyUI's name of a kind of model, as below `/models`: `checkpoints`, `loras`, `embeddings`. */
const modelFolderSchema = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/)

/**
 * Which model files a role may see and use, by kind; a kind that is not named is not limited. File names as ComfyUI
 * lists them, with `/` between their parts.
 */
export const modelRulesSchema = z.record(modelFolderSchema, z.array(z.string().min(1).max(1024)).max(5000))
export type ModelRules = z.infer<typeof modelRulesSchema>

/** Exactly this class of exactly this pack as it was looked at: another pack or another version is not allowed by it. */
export const nodeAllowanceSchema = z.object({
  name: z.string().min(1).max(256),
  packPath: z.string().max(4096),
  /** Hex SHA-256. */
  sourceHash: z.string().max(64),
})
export type NodeAllowance = z.infer<typeof nodeAllowanceSchema>

/** `all`: every class. `harmless`: those without a risk label that the owner has looked at, and `allowed`, without `denied`. */
export const nodeRulesSchema = z.object({
  rule: z.enum(['all', 'harmless']),
  allowed: z.array(nodeAllowanceSchema).max(5000),
  denied: z.array(z.string().min(1).max(256)).max(5000),
})
export type NodeRules = z.infer<typeof nodeRulesSchema>

export const roleTitleSchema = z.string().trim().min(1, 'Give the role a name.').max(40)
export const roleMeaningSchema = z.string().trim().max(200)

/** A role as the owner sees it. `base`: the one it was copied from, whose limits for jobs it shares. */
export const roleAnswerSchema = z.object({
  id: roleIdSchema,
  title: z.string(),
  meaning: z.string(),
  base: z.enum(roles),
  builtIn: z.boolean(),
  permissions: z.array(permissionSchema),
  models: modelRulesSchema,
  nodes: nodeRulesSchema,
  /** How many people have it. */
  people: z.number().int(),
})
export type RoleAnswer = z.infer<typeof roleAnswerSchema>

/** `copyOf` gives permissions and rules; nothing reserved is copied. */
export const createRoleSchema = z.object({
  title: roleTitleSchema,
  meaning: roleMeaningSchema.default(''),
  copyOf: roleIdSchema,
})

/** Of a role that is always there only `models` and `nodes` can be changed; of Administrator nothing. */
export const changeRoleSchema = z.object({
  title: roleTitleSchema.optional(),
  meaning: roleMeaningSchema.optional(),
  permissions: z.array(permissionSchema).max(permissions.length).optional(),
  models: modelRulesSchema.optional(),
  nodes: nodeRulesSchema.optional(),
})
