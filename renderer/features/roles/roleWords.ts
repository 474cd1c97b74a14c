import { isReserved, permissions } from '../../../proxy/contract/permissions.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import { isBuiltIn, roleWords } from '../../../proxy/contract/roles.ts'
import type { Role, RoleId } from '../../../proxy/contract/roles.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { count, joinNames } from '../../words/names.ts'

/** "Creator", or the name that the owner gave. */
export const roleTitle = ({ id, title }: Pick<RoleAnswer, 'id' | 'title'>): string =>
  isBuiltIn(id) ? roleWords[id].title : title

/** What it means, as a sentence; of an own role without words, which one it is a copy of. */
export function roleMeaning({ id, meaning, base }: Pick<RoleAnswer, 'id' | 'meaning' | 'base'>): string {
  if (isBuiltIn(id)) return `${roleWords[id].meaning}.`
  return meaning === '' ? `A copy of ${roleWords[base].title}, with rules of its own.` : endSentence(meaning)
}

const endSentence = (text: string): string => (/[.!?…]$/u.test(text) ? text : `${text}.`)

/** "A Creator", "An Administrator". */
export const aRole = (title: string): string => `${/^[aeiou]/i.test(title) ? 'an' : 'a'} ${title}`

export const peopleWords = (people: number): string => (people === 0 ? 'Nobody' : count(people, 'person', 'people'))

/** What a switch says: short, said of the people who have the role. */
export const permissionTitles: Readonly<Record<Permission, string>> = {
  canvas: 'Open ComfyUI’s own page',
  graphs: 'Build workflows and run them',
  workflows: 'Run the workflows that you made ready',
  jobs: 'Have jobs, and cancel their own',
  outputs: 'Have pictures, and remove their own',
  uploads: 'Upload pictures to start from',
  storage: 'Keep settings and workflow files in ComfyUI’s page',
  share: 'Show their pictures to others',
  shared: 'See what others show them',
  memory: 'Empty the memory of the graphics card',
  account: 'Change their password, make keys and see their devices',
  manager: 'Use ComfyUI-Manager, which installs programs',
  packs: 'Use the pages that custom nodes bring along',
  administer: 'Manage people, roles and settings',
}

/** What it means to give it, where the title does not say it all. */
export const permissionHints: Readonly<Partial<Record<Permission, string>>> = {
  graphs:
    'Any workflow from the nodes and models that you allow below. Whoever has this is as strong as those nodes are.',
  workflows: 'They change what you let them change, and nothing else.',
  memory: 'The next job has to load its models again, whoever’s it is.',
  share: 'With people who have an account here, not with strangers.',
}

/** The permissions in the order of the page; the reserved ones apart. */
export const givablePermissions: readonly Permission[] = permissions.filter((permission) => !isReserved(permission))
export const administratorsPermissions: readonly Permission[] = permissions.filter(isReserved)

/** Why it cannot be removed. */
export const stillUsedWords = (names: readonly string[]): string =>
  `${joinNames(names)} ${names.length === 1 ? 'has' : 'have'} this role. Give ${names.length === 1 ? 'that person' : 'them'} another one first.`

/** The order people think in: who makes pictures first, who runs this computer last. */
const builtInOrder: readonly Role[] = ['user', 'creator', 'viewer', 'guest', 'administrator']

/** Roles to choose from, with what they mean; the owner's own stand before the one that may change everything. */
export function listRoleChoices(
  own: readonly Pick<RoleAnswer, 'id' | 'title' | 'meaning' | 'base'>[],
): readonly { readonly id: RoleId; readonly title: string; readonly meaning: string }[] {
  const builtIn = builtInOrder.map((id) => ({ id, title: roleWords[id].title, meaning: `${roleWords[id].meaning}.` }))
  const others = own.map((role) => ({ id: role.id, title: role.title, meaning: roleMeaning(role) }))
  return [...builtIn.slice(0, -1), ...others, ...builtIn.slice(-1)]
}
