import type { Permission } from '../contract/permissions.ts'
import type { RoleId } from '../contract/roles.ts'
import { holds } from './rights.ts'

/** Tells which published workflows somebody may run. */
export interface WorkflowGrantReader {
  /** Whether that workflow is published and granted to this person: to everybody, to their role or to themselves. */
  isGranted(workflowId: string, person: { readonly accountId: string; readonly role: RoleId }): Promise<boolean>
}

/** Nothing is granted to anybody. */
export const noGrants: WorkflowGrantReader = { isGranted: () => Promise.resolve(false) }

export interface Runner {
  readonly accountId: string
  readonly role: RoleId
  readonly permissions: ReadonlySet<Permission>
}

/**
 * Whether a job may run, also when it was taken long ago. A published workflow runs past the rules for nodes, so it
 * needs its grant from everybody who is bound by them; administrators are not.
 */
export async function mayRunJob(
  runner: Runner,
  publishedId: string | undefined,
  grants: WorkflowGrantReader,
): Promise<boolean> {
  if (publishedId === undefined) return holds(runner, 'graphs')
  if (!holds(runner, 'workflows')) return false
  return runner.role === 'administrator' || grants.isGranted(publishedId, runner)
}
