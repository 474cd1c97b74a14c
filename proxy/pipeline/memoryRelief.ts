import type { JobQueue } from '../jobs/jobQueue.ts'
import type { JobStatus } from '../jobs/jobState.ts'
import type { EngineBlame } from './engineBlame.ts'
import type { EngineErrands } from './engineErrands.ts'

const REASON = "It took more of this computer's memory than there is for it. Use a smaller model or picture."

/**
 * The engine takes more memory than it may: what runs is stopped, unless a request of somebody else's may have done it,
 * and if nothing is stopped, what is kept for later is given up. If that does not help, the launcher ends the engine.
 */
export async function relieveMemory(
  jobs: Pick<JobQueue, 'list' | 'interrupt'>,
  errands: Pick<EngineErrands, 'freeMemory'>,
  blame: Pick<EngineBlame, 'pressed'>,
): Promise<void> {
  const running = jobs.list().filter(({ status }) => status.state === 'running')
  const spared = blame.pressed(running)
  const stopped = running.filter((job) => !spared.has(job))
  if (stopped.length === 0) await errands.freeMemory()
  for (const job of stopped) await jobs.interrupt(job, REASON)
}

/** Nobody's job runs, or will run without anybody's doing: then what the engine keeps in memory can go. */
export async function freeIdleMemory(
  jobs: { list(): readonly { readonly status: Pick<JobStatus, 'state'> }[] },
  errands: Pick<EngineErrands, 'freeMemory'>,
): Promise<boolean> {
  const needs = jobs.list().some(({ status }) => status.state !== 'held')
  return !needs && errands.freeMemory()
}
