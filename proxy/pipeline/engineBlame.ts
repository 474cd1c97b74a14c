import type { Job } from '../jobs/job.ts'
import type { Blame } from '../jobs/suspicion.ts'
import type { HeavyRequests } from './heavyRequests.ts'

/**
 * What an end of the engine says about the job that ran. A request that computes in the engine's own thread hangs it and
 * fills its memory as well as a job does; while one of somebody else's was open, nobody knows.
 */
export function blameOf(code: string, { accountId }: Job, heavy: HeavyRequests): Blame {
  switch (code) {
    case 'WORKER_DIED':
      return 'sure'
    case 'OUT_OF_MEMORY':
    case 'NOT_ANSWERING':
      return heavy.isUnansweredBesides(accountId) ? 'none' : 'sure'
    case 'EXITED':
      return 'likely'
    default:
      return 'none'
  }
}
