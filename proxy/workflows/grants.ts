import type { WorkflowGrants } from '../contract/workflows.ts'

/** Who wants to run something. */
export interface WorkflowAsker {
  readonly accountId: string
  readonly role: string
}

/**
 * Whether a workflow was made ready for somebody. Whether they may run workflows at all is the role's permission, and
 * asked elsewhere. An administrator may run every one.
 */
export const isGranted = (grants: WorkflowGrants, { accountId, role }: WorkflowAsker): boolean =>
  role === 'administrator' || grants.public || grants.roles.includes(role) || grants.people.includes(accountId)
