import { z } from 'zod'
import { accountIdSchema } from './accounts.ts'

export const folderStates = ['ready', 'notMadeYet', 'missing', 'refused'] as const

/** Where a person's results lie, and how much room they have. */
export const folderSchema = z.object({
  user: z.object({ id: accountIdSchema, name: z.string() }),
  /** Absolute; null for everybody but who administers, and before the folder is made. */
  path: z.string().nullable(),
  /** The owner's: ComfyUI's own output folder. */
  isComfyuisOwn: z.boolean(),
  state: z.enum(folderStates),
  /** What is wrong and what to do, in words; null when nothing is. */
  problem: z.string().nullable(),
  /** Files that jobs of this person made, and the room they take, removed ones that can come back included. */
  files: z.number().int(),
  bytes: z.number().int(),
  /** Uploads and what a start of ComfyUI keeps. */
  inputBytes: z.number().int(),
  /** null: no limit. */
  quotaBytes: z.number().int().nullable(),
  /** Whether the quota is this person's own or the setting for everybody. */
  hasOwnQuota: z.boolean(),
  /** After how many days files are cleared away that are not marked "keep"; null: never. */
  retentionDays: z.number().int().nullable(),
  hasOwnRetention: z.boolean(),
  /** Free on that disk; null when it cannot be read. */
  freeBytes: z.number().int().nullable(),
  /** In words when it gets tight, for example "Nearly full: 18.2 of 20 GB". */
  warning: z.string().nullable(),
  /** While the folder is being moved. */
  moving: z.object({ doneBytes: z.number().int(), allBytes: z.number().int() }).nullable(),
})
export type Folder = z.infer<typeof folderSchema>

/** `null`: no limit, never; `"default"`: as the settings say; left out: as it is. */
export const changeFolderSchema = z.object({
  quotaBytes: z
    .union([
      z
        .number()
        .int()
        .min(1024 * 1024),
      z.null(),
      z.literal('default'),
    ])
    .optional(),
  retentionDays: z.union([z.number().int().min(1).max(3650), z.null(), z.literal('default')]).optional(),
})

/** What somebody does whose room is full: removed files count until they are gone. */
export const makeRoomWords =
  'Remove pictures you do not need and delete them for good under Removed, or ask the owner for more room.'
