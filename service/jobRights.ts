import { isOver } from '../proxy/accounts/accountStore.ts'
import type { Stores } from '../proxy/accounts/stores.ts'
import type { Clock } from '../proxy/core/clock.ts'
import type { JobRights } from '../proxy/jobs/jobQueueTypes.ts'
import { mayRunJob } from '../proxy/policy/mayRun.ts'
import type { WorkflowGrantReader } from '../proxy/policy/mayRun.ts'

/** What the queue asks about people: their role as it is now, and which published workflows are theirs to run. */
export function createJobRights(
  { accounts, roles, authenticator }: Pick<Stores, 'accounts' | 'roles' | 'authenticator'>,
  grants: WorkflowGrantReader,
  clock: Clock,
): JobRights {
  return {
    find: async (accountId) => {
      const account = await accounts.find(accountId)
      const role = account && (await roles.find(account.role))
      if (account === undefined || role === undefined || isOver(account, clock.nowMs())) return undefined
      const runner = { accountId, role: role.id, permissions: role.permissions }
      return {
        role: role.base,
        mayRun: async ({ published }) => !account.disabled && (await mayRunJob(runner, published?.id, grants)),
      }
    },
    onChange: (listener) => authenticator.onCredentialsChanged(listener),
  }
}
