import { z } from 'zod'

/** `held`: the attack was refused. `notRun`: it could not be tried, which says nothing either way. */
export const attackOutcomes = ['held', 'broken', 'notRun'] as const
export type AttackOutcome = (typeof attackOutcomes)[number]

/**
 * From where "Check my protection" asks: a network of this computer's own for each of its two gates. A system that has
 * one address for itself has it ask as every program here does.
 */
export const protectionNetworks = { standIn: '127.71', running: '127.72' } as const

/** Whether something came from the check itself. No other device can have such an address. */
export const isFromProtection = (address: string | null): boolean =>
  address?.replace(/^::ffff:/, '').startsWith(`${protectionNetworks.running}.`) === true

/** One attack that was tried. `on`: a throw-away gate with people of its own, or the one that people use. */
export const attackResultSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** Where the hole is known from: `S-6` and `L-3` of docs/holes.md, or a CVE. */
  holes: z.array(z.string()),
  on: z.enum(['standIn', 'running']),
  outcome: z.enum(attackOutcomes),
  /** What was seen, in words. */
  seen: z.string(),
})
export type AttackResult = z.infer<typeof attackResultSchema>

/** What a run of all attacks found. Times are ISO 8601 in UTC. */
export const protectionReportSchema = z.object({
  startedAt: z.string(),
  tookMs: z.number().int(),
  /** Of Gatehouse. */
  version: z.string(),
  cases: z.array(attackResultSchema),
})
export type ProtectionReport = z.infer<typeof protectionReportSchema>

export const protectionStateSchema = z.object({
  /** null: nothing is being tried now. */
  running: z.object({ done: z.number().int(), total: z.number().int() }).nullable(),
  /** The newest one that came to its end. */
  report: protectionReportSchema.nullable(),
  /** Why the newest try came to no end, in words. */
  problem: z.string().nullable(),
})
export type ProtectionState = z.infer<typeof protectionStateSchema>

/** `running`: whether the gate that people use is asked, too. It is only while nobody works. */
export const startProtectionSchema = z.object({ running: z.boolean().default(true) })

/** How many came out how. */
export function countOutcomes(cases: readonly AttackResult[]): Record<AttackOutcome, number> {
  const counts: Record<AttackOutcome, number> = { held: 0, broken: 0, notRun: 0 }
  for (const { outcome } of cases) counts[outcome] += 1
  return counts
}
