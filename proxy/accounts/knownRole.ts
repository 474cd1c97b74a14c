import type { Selectable } from 'kysely'
import { roleSchema } from '../contract/accounts.ts'
import { isReserved, permissions as allPermissions } from '../contract/permissions.ts'
import type { Permission } from '../contract/permissions.ts'
import { modelRulesSchema, nodeRulesSchema } from '../contract/roleRules.ts'
import type { ModelRules, NodeRules } from '../contract/roleRules.ts'
import { isBuiltIn, rolePermissions, roleWords } from '../contract/roles.ts'
import type { Role, RoleId } from '../contract/roles.ts'
import type { RolesTable } from '../database/schema.ts'

/** What having a role means. */
export interface KnownRole {
  readonly id: RoleId
  readonly title: string
  readonly meaning: string
  /** The role that is always there whose limits for jobs count. */
  readonly base: Role
  readonly builtIn: boolean
  readonly permissions: ReadonlySet<Permission>
  readonly models: ModelRules
  readonly nodes: NodeRules
}

export interface RoleChange {
  readonly title?: string | undefined
  readonly meaning?: string | undefined
  readonly permissions?: readonly Permission[] | undefined
  readonly models?: ModelRules | undefined
  readonly nodes?: NodeRules | undefined
}

/**
 * What the row of a role says. Of the roles that are always there it is only the rules; of others nothing reserved
 * counts, whoever wrote it there, nor what this version does not know.
 */
export function toKnownRole(row: Selectable<RolesTable>): KnownRole {
  const { id } = row
  const rules = {
    models: modelRulesSchema.parse(JSON.parse(row.models)),
    nodes: nodeRulesSchema.parse(JSON.parse(row.nodes)),
  }
  if (isBuiltIn(id)) {
    return { id, ...roleWords[id], base: id, builtIn: true, permissions: new Set(rolePermissions[id]), ...rules }
  }
  const base = roleSchema.parse(row.base)
  const permissions = readPermissions(row.permissions)
  return { id, title: row.title, meaning: row.meaning, base, builtIn: false, permissions, ...rules }
}

function readPermissions(json: string): ReadonlySet<Permission> {
  const given: unknown = JSON.parse(json)
  if (!Array.isArray(given)) throw new TypeError('permissions are a list')
  return new Set(allPermissions.filter((permission) => !isReserved(permission) && given.includes(permission)))
}
