import type { JobQueue } from '../jobs/jobQueue.ts'
import type { EngineErrands } from './engineErrands.ts'

const REASON = "It took more of this computer's memory than there is for it. Use a smaller model or picture."

/**
 * The engine takes more memory than it may: what runs is stopped, and if nothing runs, what is kept for later is given
 * up. If that does not help, the launcher ends the engine.
 */
export async function relieveMemory(
  jobs: Pick<JobQueue, 'list' | 'interrupt'>,
  errands: Pick<EngineErrands, 'freeMemory'>,
): Promise<void> {
  const running = jobs.list().filter(({ status }) => status.state === 'running')
  if (running.length === 0) await errands.freeMemory()
  for (const job of running) await jobs.interrupt(job, REASON)
}
