import type { Stores } from '../proxy/accounts/stores.ts'
import type { AuditEvent } from '../proxy/contract/audit.ts'
import type { Job } from '../proxy/jobs/job.ts'
import { JobClasses } from '../proxy/jobs/jobClasses.ts'
import { JobQueue } from '../proxy/jobs/jobQueue.ts'
import { JobStore } from '../proxy/jobs/jobStore.ts'
import { QueueMemory } from '../proxy/jobs/queueMemory.ts'
import type { NodeRights } from '../proxy/nodes/nodeRights.ts'
import type { RoomCheck } from '../proxy/jobs/roomCheck.ts'
import type { WorkflowGrantReader } from '../proxy/policy/mayRun.ts'
import { createJobRights } from './jobRights.ts'
import type { ServiceOptions } from './serviceTypes.ts'

/** The queue, over the journal of this data folder. When it cannot be read the stores are closed. */
export async function openJobs(
  stores: Stores,
  room: RoomCheck,
  { clock, random, logger }: ServiceOptions,
  rules: { readonly grants: WorkflowGrantReader; readonly nodes: NodeRights },
): Promise<JobQueue> {
  const { settings, database } = stores
  const store = new JobStore(database.kysely)
  const classes = new JobClasses(store)
  const { grants, nodes } = rules
  const opening = JobQueue.open({
    store,
    memory: new QueueMemory(database.kysely),
    clock,
    random,
    logger,
    settings,
    room,
    onEnded: (job, seconds) => stores.audit.record(describeEnd(job, seconds)),
    rights: createJobRights(stores, grants, clock, {
      mayRun: async (accountId, job) => nodes.mayRun(accountId, await classes.of(job)),
      onChange: (listener) => nodes.onChange(listener),
    }),
  })
  try {
    return await opening
  } catch (error) {
    await stores.close()
    throw error
  }
}

/** How it ended, and nothing of what it made. */
function describeEnd({ id, accountId, status, published }: Job, seconds: number): AuditEvent {
  const how = status.state === 'ended' ? (status.outcome ?? 'failed') : status.state
  const workflow = published === undefined ? {} : { workflow: published.id }
  const details = { job: id, of: accountId, how, seconds: Math.round(seconds), ...workflow }
  return { event: 'job.ended', actor: { kind: 'system' }, details }
}
