import { givesWorkflows } from '../../../proxy/contract/permissions.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { usePeople } from '../people/peopleQueries.ts'
import { useRoles } from '../roles/roleQueries.ts'
import { roleMeaning, roleTitle } from '../roles/roleWords.ts'
import { rolePlural } from './workflowWords.ts'
import type { Grantee } from './workflowWords.ts'

interface GranteeChoice extends Grantee {
  readonly hint: string
}

export interface Grantees {
  readonly roles: readonly GranteeChoice[]
  readonly people: readonly GranteeChoice[]
}

/**
 * To whom a workflow can be granted: roles and people that may run workflows at all. Administrators run everything
 * anyway.
 */
export function useGrantees(): Grantees | undefined {
  const people = usePeople().data
  const roles = useRoles().data
  if (people === undefined || roles === undefined) return undefined
  const may = new Map(roles.filter(runsWorkflows).map((role) => [role.id, role]))
  return {
    roles: [...may.values()].map((role) => ({
      id: role.id,
      name: rolePlural(roleTitle(role)),
      hint: roleMeaning(role),
    })),
    people: people
      .filter(({ role, disabled }) => !disabled && may.has(role))
      .map(({ id, name, role }) => ({ id, name, hint: titleOf(may.get(role)) })),
  }
}

const runsWorkflows = ({ permissions }: RoleAnswer): boolean =>
  givesWorkflows(permissions) && !permissions.includes('administer')

const titleOf = (role: RoleAnswer | undefined): string => (role === undefined ? '' : roleTitle(role))
