import { z } from 'zod'
import { workflowIdSchema } from '../../../proxy/contract/workflows.ts'

/** What the address of the page Run says: which workflow's form, or which run of it. */
export const runSearchSchema = z.object({
  workflow: workflowIdSchema.optional().catch(undefined),
  job: z.uuid().optional().catch(undefined),
})
