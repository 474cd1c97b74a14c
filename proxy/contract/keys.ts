import { z } from 'zod'
import { accountIdSchema, visiblePattern } from './accounts.ts'
import { idSchema } from './ids.ts'

/**
 * What a key may do at most; the effective right is what its person's role and its scopes both allow.
 * `run`: ComfyUI's whole surface for the role (includes `read`). `read`: GET and HEAD of it and receiving on the
 * WebSocket. `keys`: the person's own account and keys. `administer`: the whole API.
 */
export const scopes = ['run', 'read', 'keys', 'administer'] as const
export const scopeSchema = z.enum(scopes)
export type Scope = z.infer<typeof scopeSchema>

export const defaultScopes: readonly Scope[] = ['run', 'read']
export const defaultKeyLifetimeDays = 90

/** A key as shown after its creation. `masked` is `gh_7kq…` and its last four characters. Times are ISO 8601. */
export const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  user: z.object({ id: accountIdSchema, name: z.string() }),
  scopes: z.array(scopeSchema),
  /** The one published workflow that it runs, and nothing else; null: whatever its scopes allow. */
  workflow: z.object({ id: idSchema, name: z.string() }).nullable().default(null),
  masked: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  lastAddress: z.string().nullable(),
  /** When the key was seen unencrypted from another device; such a key should be replaced. */
  sentUnprotectedAt: z.string().nullable(),
})
export type ApiKey = z.infer<typeof apiKeySchema>

export const createKeySchema = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'Give the key a name.')
    .max(60)
    .regex(visiblePattern, 'A name cannot contain control characters.'),
  /** Only with the right to administer; otherwise the key is one's own. */
  userId: accountIdSchema.optional(),
  scopes: z
    .array(scopeSchema)
    .min(1, 'Choose at least one thing the key may do.')
    .max(scopes.length)
    .default([...defaultScopes]),
  /** For one published workflow alone: it runs it, uploads what it starts from, and reads what it made. */
  workflowId: idSchema.optional(),
  /** null: never expires. */
  expiresInDays: z.number().int().min(1).max(3650).nullable().default(defaultKeyLifetimeDays),
  /** One's own password, asked again outside the owner's window. */
  password: z.string().max(1024).optional(),
})

/** The only answer that ever carries a key in clear. */
export const createdKeySchema = apiKeySchema.extend({ key: z.string() })
export type CreatedKey = z.infer<typeof createdKeySchema>
