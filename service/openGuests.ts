import { GuestSweep } from '../proxy/accounts/guestSweep.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { Logger } from '../proxy/core/logger.ts'
import type { Folders } from '../proxy/folders/folders.ts'
import type { UserFolders } from '../proxy/isolation/userFolders.ts'
import type { JobQueue } from '../proxy/jobs/jobQueue.ts'
import type { Thumbnails } from '../proxy/outputs/thumbnails.ts'

export interface GuestParts {
  readonly jobs: Pick<JobQueue, 'list' | 'cancel' | 'interrupt' | 'vacate' | 'countActive' | 'rememberVisit'>
  readonly folders: Pick<Folders, 'isMoving'>
  readonly userFolders: Pick<UserFolders, 'deleteAll'>
  readonly thumbnails: Pick<Thumbnails, 'forgetAll'>
  readonly logger: Logger
}

/** What an engine takes at most to end a job; otherwise the next sweep asks again. */
const ENDING_MS = 30_000

/** Deletes what guests leave behind, from its start on. */
export function openGuests({ guests, settings, changes }: Stores, parts: GuestParts): GuestSweep {
  const { jobs, folders, userFolders, thumbnails, logger } = parts
  return new GuestSweep({
    guests,
    settings,
    changes,
    logger,
    stopJobs: async (accountId) => {
      for (const job of jobs.list(accountId)) {
        if (!(await jobs.cancel(job))) await jobs.interrupt(job, 'Your visit is over.')
      }
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), ENDING_MS)
      await jobs.vacate(accountId, late.signal).finally(() => clearTimeout(timer))
      if (jobs.countActive(accountId) > 0) throw new Error('the engine still has a job')
      await jobs.rememberVisit(accountId)
    },
    removeFiles: async (accountId) => {
      if (folders.isMoving(accountId)) throw new Error('the folder is being moved')
      await userFolders.deleteAll(accountId)
      await thumbnails.forgetAll(accountId)
    },
  })
}
