import type { AuditActor } from '../contract/audit.ts'
import type { Principal } from '../pipeline/requestContext.ts'

/** On whose behalf a store changes something; it goes into the log with the change. */
export interface ActedBy {
  readonly actor: AuditActor
  readonly address?: string
}

export const commandLine: ActedBy = { actor: { kind: 'commandLine' } }
export const system: ActedBy = { actor: { kind: 'system' } }

export function toActedBy(principal: Principal, address: string): ActedBy {
  return { actor: { kind: 'account', id: principal.accountId, name: principal.name }, address }
}
