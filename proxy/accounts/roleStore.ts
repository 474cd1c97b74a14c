import type { Kysely, Transaction } from 'kysely'
import type { AuditEventName, AuditSink, AuditValue } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import { isReserved } from '../contract/permissions.ts'
import { roles as builtInRoles } from '../contract/roles.ts'
import type { RoleId } from '../contract/roles.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { RowCache } from '../database/rowCache.ts'
import type { Schema } from '../database/schema.ts'
import { refuseEndedAuthority } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { toKnownRole } from './knownRole.ts'
import type { KnownRole, RoleChange } from './knownRole.ts'
import { checkChange, checkTitle, toRoleId } from './roleInputs.ts'

export type { KnownRole } from './knownRole.ts'

export interface RoleStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
}

export interface NewRole {
  readonly title: string
  readonly meaning: string
  readonly copyOf: RoleId
}

const MAX_ROLES = 100

/** Roles: those that are always there, and the owner's own. Read from memory when nothing was written since. */
export class RoleStore {
  readonly #options: RoleStoreOptions
  readonly #cache = new RowCache<KnownRole>()

  constructor(options: RoleStoreOptions) {
    this.#options = options
  }

  /** Those that are always there first, then the owner's by name. */
  list(): Promise<KnownRole[]> {
    return readAll(this.#options.kysely)
  }

  /** Of one role always the same object until something changes. */
  find(id: RoleId): Promise<KnownRole | undefined> {
    return this.#cache.get(id, async () => {
      const row = await this.#options.kysely.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : toKnownRole(row)
    })
  }

  /** The same at once, undefined also when it is not in memory. */
  recall(id: RoleId): KnownRole | undefined {
    return this.#cache.peek(id)
  }

  /** @throws GateError NOT_FOUND */
  async get(id: RoleId): Promise<KnownRole> {
    return (await this.find(id)) ?? refuseUnknown()
  }

  /** How many people have each role that somebody has. */
  async countPeople(): Promise<ReadonlyMap<RoleId, number>> {
    const rows = await this.#options.kysely
      .selectFrom('accounts')
      .select(({ fn }) => ['role', fn.countAll<number>().as('people')])
      .groupBy('role')
      .execute()
    return new Map(rows.map(({ role, people }) => [role, people]))
  }

  /**
   * A copy of another role, without what is reserved. Of Administrator it is one bound by the rules for nodes.
   * @throws GateError NOT_FOUND, ALREADY_EXISTS, VALIDATION_FAILED, AUTH_INVALID when `by` may no longer
   */
  async create({ title, meaning, copyOf }: NewRole, by: ActedBy): Promise<KnownRole> {
    const id = await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      const known = await readAll(transaction)
      const source = known.find((role) => role.id === copyOf) ?? refuseUnknown()
      if (known.length >= MAX_ROLES) throw new GateError('VALIDATION_FAILED', `There are ${MAX_ROLES} roles already.`)
      checkTitle(title, known)
      const made = toRoleId(title, known, this.#options.random)
      const isWhole = source.id === 'administrator'
      const nodes = isWhole ? { rule: 'harmless', allowed: [], denied: [] } : source.nodes
      await transaction
        .insertInto('roles')
        .values({
          id: made,
          title,
          meaning,
          base: isWhole ? 'creator' : source.base,
          permissions: JSON.stringify([...source.permissions].filter((permission) => !isReserved(permission))),
          models: JSON.stringify(source.models),
          nodes: JSON.stringify(nodes),
          changed_at_ms: this.#options.clock.nowMs(),
        })
        .execute()
      return made
    })
    this.#changed('role.created', by, { role: id, title, copyOf })
    return this.get(id)
  }

  /**
   * Holds at once: for sign-ins and keys that are in use, and for what waits or runs.
   * @throws GateError NOT_FOUND, PERMISSION_DENIED for what cannot be changed, VALIDATION_FAILED for what is reserved
   */
  async change(id: RoleId, change: RoleChange, by: ActedBy): Promise<KnownRole> {
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      const known = await readAll(transaction)
      const role = known.find((one) => one.id === id) ?? refuseUnknown()
      checkChange(role, change)
      if (change.title !== undefined) {
        checkTitle(
          change.title,
          known.filter((one) => one !== role),
        )
      }
      await transaction
        .updateTable('roles')
        .set({
          ...(change.title === undefined ? {} : { title: change.title }),
          ...(change.meaning === undefined ? {} : { meaning: change.meaning }),
          ...(change.permissions === undefined
            ? {}
            : { permissions: JSON.stringify([...new Set(change.permissions)]) }),
          ...(change.models === undefined ? {} : { models: JSON.stringify(change.models) }),
          ...(change.nodes === undefined ? {} : { nodes: JSON.stringify(change.nodes) }),
          changed_at_ms: this.#options.clock.nowMs(),
        })
        .where('id', '=', id)
        .execute()
    })
    const { permissions, title } = change
    this.#changed('role.changed', by, {
      role: id,
      changed: Object.entries(change).flatMap(([name, value]) => (value === undefined ? [] : [name])),
      ...(title === undefined ? {} : { title }),
      ...(permissions === undefined ? {} : { permissions: [...permissions] }),
    })
    return this.get(id)
  }

  /** With what was granted to it. @throws GateError NOT_FOUND, PERMISSION_DENIED, ROLE_IN_USE */
  async remove(id: RoleId, by: ActedBy): Promise<void> {
    const title = await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      const role = (await readAll(transaction)).find((one) => one.id === id) ?? refuseUnknown()
      if (role.builtIn) throw new GateError('PERMISSION_DENIED', `${role.title} is always there.`)
      await refuseUsed(transaction, role)
      await transaction.deleteFrom('roles').where('id', '=', id).execute()
      return role.title
    })
    this.#changed('role.removed', by, { role: id, title })
    this.#options.changes.emit('workflows')
  }

  dropCache(): void {
    this.#cache.drop()
  }

  #changed(event: AuditEventName, by: ActedBy, details: Record<string, AuditValue>): void {
    this.#cache.drop()
    this.#options.audit.record({ ...by, event, details })
    this.#options.changes.emit('roles')
    // Whoever has the role hears of it with their own account.
    this.#options.changes.emit('users')
  }
}

async function readAll(kysely: Kysely<Schema>): Promise<KnownRole[]> {
  const rows = await kysely.selectFrom('roles').selectAll().execute()
  const place = ({ id }: KnownRole): number => {
    const at = builtInRoles.findIndex((role) => role === id)
    return at < 0 ? builtInRoles.length : at
  }
  return rows.map(toKnownRole).sort((a, b) => place(a) - place(b) || a.title.localeCompare(b.title, 'en'))
}

async function refuseUsed(transaction: Transaction<Schema>, { id, title }: KnownRole): Promise<void> {
  const { people } = await transaction
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('people'))
    .where('role', '=', id)
    .executeTakeFirstOrThrow()
  if (people === 0) return
  const who = people === 1 ? 'One person has' : `${people} people have`
  throw new GateError('ROLE_IN_USE', `${who} the role ${title}. Give them another one first.`)
}

function refuseUnknown(): never {
  throw new GateError('NOT_FOUND', 'There is no such role.')
}
