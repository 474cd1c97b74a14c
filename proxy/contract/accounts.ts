import { z } from 'zod'
import { idSchema } from './ids.ts'
import { permissionSchema, roleIdSchema } from './roleRules.ts'
import { roles } from './roles.ts'

export { roles, roleWords } from './roles.ts'
export type { Role, RoleId } from './roles.ts'
/** Of the roles that are always there; what a person has is any role: `roleIdSchema`. */
export const roleSchema = z.enum(roles)

/** Opaque id of an account: 16 characters of `[a-z0-9]`. */
export const accountIdSchema = idSchema

/**
 * Text that shows what it is. Without: what steers a terminal, turns the text around it, or makes a name look like
 * another one or like nothing (control and format characters, lone surrogates, line separators, blank letters).
 */
export const visiblePattern = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]+$/u

/** 1 to 40 characters, no control characters, no leading or trailing space; unique whatever the case. */
export const accountNameSchema = z
  .string()
  .trim()
  .min(1, 'Give a name.')
  .max(40, 'A name has at most 40 characters.')
  .regex(visiblePattern, 'A name cannot contain control characters.')
  .regex(/^[^:]+$/, 'A name cannot contain a colon.')

export const passwordSchema = z.string().max(1024, 'A password has at most 1024 characters.')

export const userSchema = z.object({
  id: accountIdSchema,
  name: z.string(),
  role: roleIdSchema,
})
export type User = z.infer<typeof userSchema>

/** A person as the owner sees them in the list. Times are ISO 8601 in UTC. */
export const personSchema = userSchema.extend({
  roleTitle: z.string(),
  isOwner: z.boolean(),
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  createdAt: z.string(),
  lastSeenAt: z.string().nullable(),
  keyCount: z.number().int(),
  sessionCount: z.number().int(),
  /** Is here now, as `connectionSchema` says. */
  connected: z.boolean(),
  /** Somebody who let themselves in, from that address, until then (ISO 8601); null there: until they are let go. */
  guest: z.object({ endsAt: z.string().nullable(), address: z.string() }).nullable(),
})
export type Person = z.infer<typeof personSchema>

export const createUserSchema = z.object({
  name: accountNameSchema,
  role: roleIdSchema,
  password: passwordSchema.optional(),
})
export const updateUserSchema = z.object({
  name: accountNameSchema.optional(),
  role: roleIdSchema.optional(),
  disabled: z.boolean().optional(),
})
export const setPasswordSchema = z.object({ password: passwordSchema, endKeys: z.boolean().default(false) })
export const changePasswordSchema = z.object({ currentPassword: passwordSchema, newPassword: passwordSchema })

/** Whether one may come in as a guest, and when a visit that begins now ends; null: when they leave. */
export const guestEntrySchema = z.object({ open: z.boolean(), endsAt: z.string().nullable() })
export type GuestEntry = z.infer<typeof guestEntrySchema>

export const signInSchema = z.object({ username: z.string().max(200), password: passwordSchema })

/** Where a signed-in browser or key stands: `people` reaches only one's own things, `owner` is the owner's window. */
export const surfaceSchema = z.enum(['people', 'owner', 'administration', 'key'])

export const sessionSchema = z.object({
  user: userSchema,
  /** What the role is called. */
  roleTitle: z.string(),
  /** What the role gives; a key may reach less far. */
  permissions: z.array(permissionSchema),
  surface: surfaceSchema,
  mayAdminister: z.boolean(),
  /** ComfyUI-Manager, which installs programs. */
  mayUseManager: z.boolean(),
  /** Opened by the app on the owner's computer, so it ends with the app. */
  isInApp: z.boolean(),
  /** Somebody who let themselves in, and when what they made is deleted (ISO 8601); null there: when they leave. */
  guest: z.object({ endsAt: z.string().nullable() }).nullable(),
})
export type SessionAnswer = z.infer<typeof sessionSchema>

export const accountSchema = z.object({ user: userSchema, hasPassword: z.boolean(), createdAt: z.string() })

/** One signed-in device, or a token (JWT): of a sign-in by ComfyUI-Sentinel's API, or made for a tool. */
export const deviceSessionSchema = z.object({
  id: z.string(),
  kind: z.enum(['session', 'signInToken', 'token']).default('session'),
  userId: accountIdSchema,
  device: z.string(),
  address: z.string(),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
  current: z.boolean(),
})
export type DeviceSession = z.infer<typeof deviceSessionSchema>
