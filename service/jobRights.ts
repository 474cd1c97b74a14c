import { isOver } from '../proxy/accounts/account.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { Clock } from '../proxy/core/clock.ts'
import type { Job } from '../proxy/jobs/job.ts'
import type { JobRights } from '../proxy/jobs/jobQueueTypes.ts'
import { mayRunJob } from '../proxy/policy/mayRun.ts'
import type { WorkflowGrantReader } from '../proxy/policy/mayRun.ts'

/** Whether the nodes of a workflow of somebody's own may still run. */
export interface NodeRules {
  mayRun(accountId: string, job: Pick<Job, 'id'>): Promise<boolean>
  onChange(listener: () => void): () => void
}

/** What the queue asks about people: their role as it is now, and which published workflows are theirs to run. */
export function createJobRights(
  { accounts, roles, authenticator }: Pick<Stores, 'accounts' | 'roles' | 'authenticator'>,
  grants: WorkflowGrantReader,
  clock: Clock,
  nodes?: NodeRules,
): JobRights {
  return {
    find: async (accountId) => {
      const account = await accounts.find(accountId)
      const role = account && (await roles.find(account.role))
      if (account === undefined || role === undefined || isOver(account, clock.nowMs())) return undefined
      const runner = { accountId, role: role.id, permissions: role.permissions }
      return {
        role: role.base,
        mayRun: async (job) => {
          if (account.disabled || !(await mayRunJob(runner, job.published?.id, grants))) return false
          return nodes === undefined || job.published !== undefined || nodes.mayRun(accountId, job)
        },
      }
    },
    onChange: (listener) => {
      const all = [authenticator.onCredentialsChanged(listener), nodes?.onChange(listener)]
      return () => {
        for (const unsubscribe of all) unsubscribe?.()
      }
    },
  }
}
