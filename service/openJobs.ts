import type { Stores } from '../proxy/accounts/stores.ts'
import { JobQueue } from '../proxy/jobs/jobQueue.ts'
import { JobStore } from '../proxy/jobs/jobStore.ts'
import { QueueMemory } from '../proxy/jobs/queueMemory.ts'
import type { RoomCheck } from '../proxy/jobs/roomCheck.ts'
import type { WorkflowGrantReader } from '../proxy/policy/mayRun.ts'
import { createJobRights } from './jobRights.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** The queue, over the journal of this data folder. When it cannot be read the stores are closed. */
export async function openJobs(
  stores: Stores,
  room: RoomCheck,
  { clock, random, logger }: ServiceOptions,
  grants: WorkflowGrantReader,
): Promise<JobQueue> {
  const { settings, database } = stores
  const opening = JobQueue.open({
    store: new JobStore(database.kysely),
    memory: new QueueMemory(database.kysely),
    clock,
    random,
    logger,
    settings,
    room,
    rights: createJobRights(stores, grants, clock),
  })
  try {
    return await opening
  } catch (error) {
    await stores.close()
    throw error
  }
}
