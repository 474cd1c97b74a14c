import { z } from 'zod'
import type { SecretVault } from '../secrets/secretVault.ts'
import type { ChainHead } from './auditChain.ts'

/*
 * The mark: which row was the newest, kept where the secrets are and not in the database. Whoever cuts off the newest
 * rows, or puts another log in the place of this one, cannot change it with the database alone.
 */

const headSchema = z.object({ seq: z.number().int().positive(), hmac: z.string().regex(/^[0-9a-f]{64}$/) })

const markSchema = headSchema.extend({
  version: z.literal(1),
  /** How many rows there were. */
  count: z.number().int().nonnegative(),
  atMs: z.number().int(),
  /** Newest rows of before that were not there any more when the next mark was made. */
  lost: z.array(headSchema.extend({ foundAtMs: z.number().int() })),
})
export type AuditMark = z.infer<typeof markSchema>
export type LostHead = AuditMark['lost'][number]

/** More would not fit an entry of every system's keychain. */
export const maxLost = 8

export type MarkVault = Pick<SecretVault, 'kind' | 'get' | 'set'>

export type ReadMark =
  | { readonly kind: 'none' }
  /** There is something, and it is no mark of ours: changed, or the vault does not answer. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'kept'; readonly mark: AuditMark }

/** Secrets that are derived from what somebody hands in leave no place for a mark. */
export const hasMark = (vault: MarkVault): boolean => vault.kind !== 'environment'

/** @throws GateError SECRETS_UNAVAILABLE */
export async function readMark(vault: MarkVault): Promise<ReadMark> {
  if (!hasMark(vault)) return { kind: 'none' }
  const stored = await vault.get('audit-anchor')
  if (stored === undefined) return { kind: 'none' }
  const mark = parseMark(stored.toString('utf8'))
  return mark === undefined ? { kind: 'unreadable' } : { kind: 'kept', mark }
}

/** @throws GateError SECRETS_UNAVAILABLE */
export async function writeMark(vault: MarkVault, mark: AuditMark): Promise<void> {
  await vault.set('audit-anchor', Buffer.from(JSON.stringify(mark)))
}

export const headsOf = ({ seq, hmac, lost }: AuditMark): ChainHead[] => [{ seq, hmac }, ...lost]

function parseMark(text: string): AuditMark | undefined {
  try {
    return markSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // no JSON: as good as no mark of ours
  }
}
