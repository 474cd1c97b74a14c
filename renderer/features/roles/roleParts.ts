import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'

export const roleParts = ['may', 'models', 'nodes', 'reach'] as const
export type RolePart = (typeof roleParts)[number]

const titles: Readonly<Record<RolePart, string>> = {
  may: 'What it may do',
  models: 'Models',
  nodes: 'Nodes',
  reach: 'What it reaches',
}

/** The parts of a role's page; of administrators, who have everything, there is nothing to choose. */
export const partsOf = (role: RoleAnswer): readonly { readonly name: RolePart; readonly title: string }[] =>
  roleParts
    .filter((name) => role.id !== 'administrator' || name === 'may' || name === 'reach')
    .map((name) => ({ name, title: titles[name] }))

/** The part of that name, or the first one. */
export const findPart = (role: RoleAnswer, name: string): RolePart =>
  partsOf(role).find((part) => part.name === name)?.name ?? 'may'
