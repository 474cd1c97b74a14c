import type { Kysely, Selectable } from 'kysely'
import { GateError } from '../contract/errorCodes.ts'
import { isReserved, permissions as allPermissions } from '../contract/permissions.ts'
import type { Permission } from '../contract/permissions.ts'
import { modelRulesSchema, nodeRulesSchema } from '../contract/roleRules.ts'
import type { ModelRules, NodeRules } from '../contract/roleRules.ts'
import { isBuiltIn, rolePermissions, roles as builtInRoles, roleWords } from '../contract/roles.ts'
import type { Role, RoleId } from '../contract/roles.ts'
import { roleSchema } from '../contract/accounts.ts'
import { RowCache } from '../database/rowCache.ts'
import type { RolesTable, Schema } from '../database/schema.ts'

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

/** Reads roles, from memory when nothing was written since. */
export class RoleStore {
  readonly #kysely: Kysely<Schema>
  readonly #cache = new RowCache<KnownRole>()

  constructor(kysely: Kysely<Schema>) {
    this.#kysely = kysely
  }

  /** Those that are always there first, then the owner's by name. */
  async list(): Promise<KnownRole[]> {
    const rows = await this.#kysely.selectFrom('roles').selectAll().execute()
    const place = ({ id }: KnownRole): number => (isBuiltIn(id) ? builtInRoles.indexOf(id) : builtInRoles.length)
    return rows.map(toKnownRole).sort((a, b) => place(a) - place(b) || a.title.localeCompare(b.title, 'en'))
  }

  /** Of one role always the same object until something changes. */
  find(id: RoleId): Promise<KnownRole | undefined> {
    return this.#cache.get(id, async () => {
      const row = await this.#kysely.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toKnownRole(row)
    })
  }

  /** The same at once, undefined also when it is not in memory. */
  recall(id: RoleId): KnownRole | undefined {
    return this.#cache.peek(id)
  }

  /** @throws GateError NOT_FOUND */
  async get(id: RoleId): Promise<KnownRole> {
    const role = await this.find(id)
    if (role === undefined) throw new GateError('NOT_FOUND', 'There is no such role.')
    return role
  }

  dropCache(): void {
    this.#cache.drop()
  }
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

/** Of a role that the owner made. */
export function readPermissions(json: string): ReadonlySet<Permission> {
  const given: unknown = JSON.parse(json)
  if (!Array.isArray(given)) throw new TypeError('permissions are a list')
  return new Set(allPermissions.filter((permission) => !isReserved(permission) && given.includes(permission)))
}
