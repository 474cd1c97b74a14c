import { z } from 'zod'
import { accountIdSchema } from '../../../proxy/contract/accounts.ts'
import { outputIdSchema, outputKindSchema } from '../../../proxy/contract/outputs.ts'

const flag = z.literal(true).optional().catch(undefined)

/** What the address of a page of pictures says: which ones, and which of them is open. */
export const gallerySearchSchema = z.object({
  picture: outputIdSchema.optional().catch(undefined),
  kind: outputKindSchema.optional().catch(undefined),
  kept: flag,
  removed: flag,
  find: z.string().max(200).optional().catch(undefined),
  /** Of one person; only in the owner's window. */
  user: accountIdSchema.optional().catch(undefined),
})
export type GallerySearch = z.output<typeof gallerySearchSchema>

/** Which pictures, without the one that is open. */
export type OutputFilter = Omit<GallerySearch, 'picture'>

/** The same for all addresses that show the same list. */
export const toOwnFilter = ({ kind, kept, removed, find }: GallerySearch): OutputFilter => ({
  kind,
  kept,
  removed,
  find,
  user: undefined,
})

/** Whether it shows less than all there is of these people. */
export const isNarrowed = ({ kind, kept, find }: OutputFilter): boolean =>
  kind !== undefined || kept === true || find !== undefined
