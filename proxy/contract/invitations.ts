import { z } from 'zod'
import { accountIdSchema, accountNameSchema, passwordSchema } from './accounts.ts'
import { idSchema } from './ids.ts'
import { roleIdSchema } from './roleRules.ts'
import type { Sharing } from './sharing.ts'

/** How long an invitation holds when nothing is said, and at most, in hours. */
export const defaultInvitationHours = 24
export const maxInvitationHours = 30 * 24
/** Of an invitation to administer, and of a link for a new password. */
export const shortInvitationHours = 1

/** Where the page for whoever is invited is; what lets them in stands behind its `#`. */
export const invitationPath = '/gatehouse/invite'

/** Explains a new device why it warns, and leads on; see portal/welcome/. */
const welcomePath = '/gatehouse/welcome'

/**
 * Where a phone that was invited finds this computer; null while nothing is shared. With a certificate that no phone
 * knows yet, the page that explains it comes first.
 */
export function findInvitationAddress({ on, encrypted, codeUrl, primaryUrl }: SharedSomewhere): string | null {
  const url = on ? (codeUrl ?? primaryUrl) : null
  if (url === null) return null
  const { protocol, pathname } = new URL(url)
  return encrypted && protocol === 'http:' && pathname === '/' ? new URL(welcomePath, url).href : url
}

type SharedSomewhere = Pick<Sharing, 'on' | 'encrypted' | 'codeUrl' | 'primaryUrl'>

/** The link for a phone. A page that comes first hands on what stands behind `#`, which no server ever sees. */
export function toInvitationLink(address: string, token: string): string {
  const url = new URL(address)
  if (url.pathname === '/') url.pathname = invitationPath
  else url.searchParams.set('next', invitationPath)
  url.hash = token
  return url.href
}

/** The token of such a link's fragment, `#` included or not; undefined when there is none. */
export const findInvitationToken = (fragment: string): string | undefined =>
  /^#?([A-Za-z0-9_-]{43})$/.exec(fragment)?.[1]

const MiB = 1024 * 1024

export const createInvitationSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('account'),
    role: roleIdSchema,
    /** Proposed; whoever is invited may choose another one. */
    name: accountNameSchema.optional(),
    /** How much their files may take; null: no limit. Left out: as much as everybody's. */
    quotaBytes: z.number().int().min(MiB).nullable().optional(),
    hours: z.number().int().min(1).max(maxInvitationHours).optional(),
  }),
  z.object({
    kind: z.literal('password'),
    accountId: accountIdSchema,
    /** Whether their keys end with the old password. */
    endKeys: z.boolean().default(false),
  }),
])

/** An invitation as administrators see it. What lets somebody in is in none of it. Times are ISO 8601 in UTC. */
export const invitationSchema = z.object({
  id: idSchema,
  kind: z.enum(['account', 'password']),
  role: roleIdSchema,
  roleTitle: z.string(),
  /** Proposed, or of the account whose password it is. */
  name: z.string().nullable(),
  accountId: accountIdSchema.nullable(),
  state: z.enum(['open', 'used', 'expired', 'withdrawn']),
  createdAt: z.string(),
  expiresAt: z.string(),
  usedBy: z.object({ id: accountIdSchema, name: z.string() }).nullable(),
})
export type InvitationAnswer = z.infer<typeof invitationSchema>

/** The only time that the link is told. */
export const createdInvitationSchema = z.object({
  invitation: invitationSchema,
  /** What makes the link, once there is an address: see `toInvitationLink`. */
  token: z.string(),
  /** The whole link; null while nothing is shared, so that no other device could open it. */
  link: z.string().nullable(),
})
export type CreatedInvitation = z.infer<typeof createdInvitationSchema>

/** Without a password it is only looked at. Wrong tokens of any form are one and the same. */
export const acceptInvitationSchema = z.object({
  token: z.string().max(200),
  name: z.string().max(200).optional(),
  password: passwordSchema.optional(),
})

/** What somebody who holds the link is told before they accept. */
export const offerSchema = z.object({
  kind: z.enum(['account', 'password']),
  name: z.string().nullable(),
  roleTitle: z.string(),
  expiresAt: z.string(),
})
export type Offer = z.infer<typeof offerSchema>
