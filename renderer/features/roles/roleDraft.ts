import { isReserved, permissions } from '../../../proxy/contract/permissions.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import type { RoleDraft } from '../../../proxy/contract/reach.ts'
import type { ModelRules, RoleAnswer } from '../../../proxy/contract/roleRules.ts'

/** What the page would save of a role; its nodes are changed one by one. */
export interface EditedRole {
  readonly permissions: readonly Permission[]
  readonly models: ModelRules
}

export const toEdited = ({ permissions, models }: RoleAnswer): EditedRole => ({ permissions, models })

/** What cannot be had without another one: who builds workflows has jobs, and jobs make pictures. */
const needs: Readonly<Partial<Record<Permission, readonly Permission[]>>> = {
  graphs: ['canvas', 'jobs', 'outputs'],
  workflows: ['jobs', 'outputs'],
  share: ['outputs'],
}

const inOrder = (chosen: ReadonlySet<Permission>): Permission[] =>
  permissions.filter((permission) => chosen.has(permission) && !isReserved(permission))

/** With it comes what it needs, without it goes what needs it. */
export function togglePermission(edited: EditedRole, permission: Permission, on: boolean): EditedRole {
  const chosen = new Set(edited.permissions)
  if (on) {
    chosen.add(permission)
    for (const needed of needs[permission] ?? []) chosen.add(needed)
  } else {
    chosen.delete(permission)
    for (const other of permissions) if (needs[other]?.includes(permission) === true) chosen.delete(other)
  }
  return { ...edited, permissions: inOrder(chosen) }
}

/** undefined: every file of that kind, also one that comes later. */
export function limitModels(edited: EditedRole, folder: string, names: readonly string[] | undefined): EditedRole {
  const models: ModelRules = Object.fromEntries(Object.entries(edited.models).filter(([name]) => name !== folder))
  if (names !== undefined) models[folder] = [...names]
  return { ...edited, models }
}

/** Only what differs from what is saved; undefined: nothing does. */
export function findChanges(saved: RoleAnswer, edited: EditedRole): RoleDraft | undefined {
  const changes: RoleDraft = {}
  if (!sameTexts(saved.permissions, edited.permissions)) changes.permissions = [...edited.permissions]
  if (!sameModels(saved.models, edited.models)) changes.models = edited.models
  return Object.keys(changes).length === 0 ? undefined : changes
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  const known = new Set(left)
  return known.size === new Set(right).size && right.every((text) => known.has(text))
}

function sameModels(left: ModelRules, right: ModelRules): boolean {
  const folders = Object.keys(left)
  return (
    sameTexts(folders, Object.keys(right)) &&
    folders.every((folder) => sameTexts(left[folder] ?? [], right[folder] ?? []))
  )
}
