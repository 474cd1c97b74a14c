import { z } from 'zod'

/** Managing Gatehouse in the browser of another device. */
export const administrationSchema = z.object({
  /** The setting `administration.on`. */
  on: z.boolean(),
  port: z.number(),
  /** Where administrators reach it now, this computer last; empty: nowhere. */
  urls: z.array(z.string()),
  /** Why it is not reached although it was switched on, or not by others, in words. */
  problem: z.string().nullable(),
})
export type Administration = z.infer<typeof administrationSchema>
