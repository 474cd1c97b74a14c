import { givesWorkflows } from '../../../proxy/contract/permissions.ts'
import type { Person } from '../../../proxy/contract/accounts.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import type { WorkflowGrants } from '../../../proxy/contract/workflows.ts'
import { count } from '../../words/names.ts'
import { someOf } from './reachWords.ts'
import type { ReachSentence } from './reachWords.ts'

export interface GrantQuestion {
  readonly grants: WorkflowGrants
  readonly people: readonly (Pick<Person, 'id' | 'name' | 'disabled'> & { readonly role: string })[]
  readonly roles: readonly Pick<RoleAnswer, 'id' | 'permissions'>[]
}

/** Who could run a workflow with these grants. */
export function describeGrant({ grants, people, roles }: GrantQuestion): readonly ReachSentence[] {
  const mayRun = new Set(roles.filter(runsWorkflows).map(({ id }) => id))
  const granted = people.filter(
    ({ id, role }) => grants.public || grants.roles.includes(role) || grants.people.includes(id),
  )
  const names = granted.filter(({ role, disabled }) => !disabled && mayRun.has(role)).map(({ name }) => name)
  const unable = granted.filter(({ role, disabled }) => !disabled && !mayRun.has(role)).map(({ name }) => name)
  const who = whoWords(names, grants)
  return [
    { tone: 'plain', text: who },
    ...(unable.length === 0 || grants.public ? [] : [{ tone: 'attention' as const, text: unableWords(unable) }]),
  ]
}

const runsWorkflows = ({ permissions }: Pick<RoleAnswer, 'permissions'>): boolean => givesWorkflows(permissions)

const isOpen = ({ public: isPublic, roles }: WorkflowGrants): boolean => isPublic || roles.length > 0

function whoWords(names: readonly string[], grants: WorkflowGrants): string {
  const later = grants.public
    ? ', guests too, and everybody who comes later'
    : grants.roles.length > 0
      ? ', and whoever gets the role later'
      : ''
  if (names.length > 0) return `${count(names.length, 'person', 'people')} can run it: ${someOf(names)}${later}.`
  if (grants.public) return 'Everybody who comes in can run it, guests too. Nobody is here yet.'
  return isOpen(grants) ? 'Nobody can run it yet: nobody has the role.' : 'Nobody can run it until you say who may.'
}

const unableWords = (names: readonly string[]): string =>
  `${someOf(names)} cannot run it all the same: ${names.length === 1 ? 'the role of that person runs' : 'their roles run'} no workflows.`
