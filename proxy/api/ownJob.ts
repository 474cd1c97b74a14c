import type { PublishedWorkflow } from '../jobs/job.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { mayAdminister, onlyWorkflowOf } from '../policy/rights.ts'

/** Whose job it is and what it runs. */
export interface OwnedJob {
  readonly accountId: string
  readonly published: PublishedWorkflow | undefined
}

/** One's own, or anybody's with the right to administer; with a key for one workflow, what that workflow made. */
export function seesJob(principal: Principal, { accountId, published }: OwnedJob): boolean {
  const only = onlyWorkflowOf(principal)
  if (only !== undefined && published?.id !== only) return false
  return accountId === principal.accountId || mayAdminister(principal)
}
