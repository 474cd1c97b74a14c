import { useQuery } from '@tanstack/react-query'
import { roleAnswerSchema } from '../../../proxy/contract/roleRules.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { usePeople } from '../people/peopleQueries.ts'
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
 * anyway, and guests only what everybody may.
 */
export function useGrantees(): Grantees | undefined {
  const people = usePeople().data
  const roles = useQuery({
    queryKey: queryKeys.roles,
    queryFn: () => requestAll('roles', roleAnswerSchema),
  }).data
  if (people === undefined || roles === undefined) return undefined
  const may = new Map(roles.filter(runsWorkflows).map((role) => [role.id, role]))
  return {
    roles: [...may.values()].map(({ id, title, meaning }) => ({ id, name: rolePlural(title), hint: meaning })),
    people: people
      .filter(({ role, disabled }) => !disabled && may.has(role))
      .map(({ id, name, role }) => ({ id, name, hint: may.get(role)?.title ?? '' })),
  }
}

const runsWorkflows = ({ id, permissions }: RoleAnswer): boolean =>
  id !== 'guest' && permissions.includes('workflows') && !permissions.includes('administer')
