import { z } from 'zod'
import { outputIdSchema } from '../../../proxy/contract/outputs.ts'

/** What the address of the page says: the picture that is open. */
export const sharedSearchSchema = z.object({ picture: outputIdSchema.optional().catch(undefined) })
