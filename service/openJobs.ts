import { isOver } from '../proxy/accounts/accountStore.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import { JobQueue } from '../proxy/jobs/jobQueue.ts'
import { JobStore } from '../proxy/jobs/jobStore.ts'
import { QueueMemory } from '../proxy/jobs/queueMemory.ts'
import type { RoomCheck } from '../proxy/jobs/roomCheck.ts'
import { mayRunPrompts } from '../proxy/policy/authorize.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** The queue, over the journal of this data folder. When it cannot be read the stores are closed. */
export async function openJobs(
  stores: Stores,
  room: RoomCheck,
  { clock, random, logger }: ServiceOptions,
): Promise<JobQueue> {
  const { accounts, authenticator, settings, database } = stores
  const opening = JobQueue.open({
    store: new JobStore(database.kysely),
    memory: new QueueMemory(database.kysely),
    clock,
    random,
    logger,
    settings,
    room,
    rights: {
      find: async (accountId) => {
        const account = await accounts.find(accountId)
        if (account === undefined || isOver(account, clock.nowMs())) return undefined
        return { role: account.role, mayRun: !account.disabled && mayRunPrompts(account.role) }
      },
      onChange: (listener) => authenticator.onCredentialsChanged(listener),
    },
  })
  try {
    return await opening
  } catch (error) {
    await stores.close()
    throw error
  }
}
