import { z } from 'zod'
import { protectionReportSchema } from '../../proxy/contract/protection.ts'

/** What the checking process is asked, as one line. */
export const askedSchema = z.object({
  paths: z.object({
    pagesDirectory: z.string(),
    practiceEngine: z.string(),
    companionDirectory: z.string(),
    keychainWorker: z.string(),
    pictureWorker: z.string(),
    hashWorker: z.string(),
  }),
  running: z.union([z.object({ port: z.number().int() }), z.object({ notAsked: z.string() })]),
})
export type Asked = z.infer<typeof askedSchema>

/** What it tells, one line each. */
export const toldSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), done: z.number().int(), total: z.number().int() }),
  z.object({ kind: z.literal('report'), report: protectionReportSchema }),
])
export type Told = z.infer<typeof toldSchema>
