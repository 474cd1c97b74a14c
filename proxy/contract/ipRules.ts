import { z } from 'zod'
import { idSchema } from './ids.ts'

/** `allow`: while there is any of these, only what they name gets in. `deny`: what it names does not. */
export const ipRuleKinds = ['allow', 'deny'] as const
export const ipRuleKindSchema = z.enum(ipRuleKinds)

/** Who made a rule: the owner, `lockout.blacklistAfter`, or the list of another program. */
export const ipRuleSources = ['owner', 'lockout', 'import'] as const
export const ipRuleSourceSchema = z.enum(ipRuleSources)
export type IpRuleSource = (typeof ipRuleSources)[number]

/** As many as a list of a whole school needs; each is looked through when rules change. */
export const maxIpRules = 20_000

const commentSchema = z
  .string()
  .trim()
  .max(200)
  .regex(/^[^\p{Cc}\p{Cf}]*$/u, 'A comment is one line of plain text.')

export const ipRuleSchema = z.object({
  id: idSchema,
  kind: ipRuleKindSchema,
  /** Canonical: `192.168.1.40/32`, `fd00::/8`. */
  cidr: z.string(),
  comment: z.string(),
  source: ipRuleSourceSchema,
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
})
export type IpRule = z.infer<typeof ipRuleSchema>

/** With how many there are of which these are a page. */
export const ipRulePageSchema = z.object({
  items: z.array(ipRuleSchema),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
})

const addressSchema = z.string().trim().min(1).max(64)

const sayingShape = {
  kind: ipRuleKindSchema,
  /** An address or a network. */
  cidr: addressSchema,
}

/** Whoever would lock somebody out who is here, or themselves, is asked first: the same again with `confirm`. */
const confirmShape = {
  confirm: z.boolean().default(false),
  /** Lets the programs of this computer in as well, in the same step; only with `allow`. */
  alsoThisComputer: z.boolean().default(false),
}

export const createIpRuleSchema = z.object({
  ...sayingShape,
  comment: commentSchema.default(''),
  /** Null or left out: it stays until somebody removes it. */
  expiresAt: z.iso.datetime().nullable().default(null),
  ...confirmShape,
})

/** What a rule would do, before it is made; or, with `remove`, what would be without it. */
export const previewIpRuleSchema = z.union([
  z.object({ ...sayingShape, alsoThisComputer: z.boolean().default(false) }),
  z.object({ remove: idSchema }),
])

/** Somebody whom a rule meets, by the address from which they came last. */
export const affectedPersonSchema = z.object({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  connected: z.boolean(),
})
export type AffectedPerson = z.infer<typeof affectedPersonSchema>

export const ipRuleEffectSchema = z.object({
  /** Canonical, as it would be kept. */
  cidr: z.string(),
  /** How many addresses that are, in words for numbers too large to read. */
  addresses: z.string(),
  /** Who could not get in any more, those who are here now first. At most 50; `others` counts the rest. */
  lockedOut: z.array(affectedPersonSchema),
  othersLockedOut: z.number().int(),
  /** Who could get in again. */
  letIn: z.array(affectedPersonSchema),
  /** Connections open now that would end. */
  connections: z.number().int(),
  /** The device that asks is one of those locked out. */
  ownDevice: z.boolean(),
  /** So are the programs of this computer, and ComfyUI's page in the window. */
  thisComputer: z.boolean(),
  /** From then on only what rules allow gets in. */
  startsAllowList: z.boolean(),
  /** Why it has no effect, in words; null: it has. */
  without: z.string().nullable(),
})
export type IpRuleEffect = z.infer<typeof ipRuleEffectSchema>

/** A text with one address or network a line. */
export const importIpRulesSchema = z.object({
  kind: ipRuleKindSchema,
  text: z.string().max(2_000_000),
  ...confirmShape,
})

export const importedIpRulesSchema = z.object({
  added: z.number().int(),
  /** Were rules already. */
  known: z.number().int(),
  skipped: z.array(z.object({ line: z.number().int(), text: z.string() })),
  othersSkipped: z.number().int(),
})
export type ImportedIpRules = z.infer<typeof importedIpRulesSchema>
