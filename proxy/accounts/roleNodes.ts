import type { Kysely } from 'kysely'
import type { AuditLog } from '../audit/auditLog.ts'
import { GateError } from '../contract/errorCodes.ts'
import { nodeRulesSchema } from '../contract/roleRules.ts'
import type { NodeRules } from '../contract/roleRules.ts'
import type { RoleId } from '../contract/roles.ts'
import type { Clock } from '../core/clock.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { Schema } from '../database/schema.ts'
import { refuseEndedAuthority } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'

export interface RoleNodesOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly audit: AuditLog
  readonly changes: ChangeFeed
}

/** Changes which classes of nodes a role allows, one after the other, so that no change undoes another. */
export class RoleNodes {
  readonly #options: RoleNodesOptions

  constructor(options: RoleNodesOptions) {
    this.#options = options
  }

  /** @throws GateError NOT_FOUND, VALIDATION_FAILED for administrators or too many, AUTH_INVALID when `by` may no longer */
  async change(id: RoleId, toRules: (rules: NodeRules) => NodeRules, by: ActedBy): Promise<void> {
    const { kysely, clock, audit, changes } = this.#options
    if (id === 'administrator') throw new GateError('VALIDATION_FAILED', 'Administrators may use every node.')
    const { allowed, denied } = await kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, clock.nowMs())
      const row = await transaction.selectFrom('roles').select('nodes').where('id', '=', id).executeTakeFirst()
      if (row === undefined) throw new GateError('NOT_FOUND', 'There is no such role.')
      const rules = checkRules(toRules(nodeRulesSchema.parse(JSON.parse(row.nodes))))
      await transaction
        .updateTable('roles')
        .set({ nodes: JSON.stringify(rules), changed_at_ms: clock.nowMs() })
        .where('id', '=', id)
        .execute()
      return rules
    })
    const names = allowed.map(({ name }) => name)
    audit.record({
      event: 'role.changed',
      ...by,
      details: { role: id, allowedNodes: names.length, denied: denied.length },
    })
    changes.emit('roles')
  }
}

function checkRules(rules: NodeRules): NodeRules {
  const parsed = nodeRulesSchema.safeParse(rules)
  if (parsed.success) return parsed.data
  throw new GateError('VALIDATION_FAILED', 'So many nodes cannot be allowed or forbidden one by one.')
}
