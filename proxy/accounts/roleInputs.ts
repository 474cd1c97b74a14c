import { visiblePattern } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'
import { isReserved, permissionWords } from '../contract/permissions.ts'
import type { Permission } from '../contract/permissions.ts'
import { roleIdPattern } from '../contract/roles.ts'
import type { Random } from '../core/random.ts'
import type { RoleId } from '../contract/roles.ts'
import { toNameKey } from './accountName.ts'
import type { KnownRole, RoleChange } from './knownRole.ts'

/** Nobody may pass for another role by its name. @throws GateError VALIDATION_FAILED, ALREADY_EXISTS */
export function checkTitle(title: string, others: readonly KnownRole[]): void {
  if (!visiblePattern.test(title)) {
    throw new GateError('VALIDATION_FAILED', 'The name of a role cannot contain control characters.')
  }
  const taken = others.find(
    (role) => toNameKey(role.title) === toNameKey(title) || (role.builtIn && role.id === toNameKey(title)),
  )
  if (taken !== undefined) throw new GateError('ALREADY_EXISTS', `There is already a role named ${taken.title}.`)
}

const MAX_SLUG = 24

/** Small letters of its name, with a number behind when there is such a role; never one that is always there. */
export function toRoleId(title: string, known: readonly KnownRole[], random: Random): RoleId {
  const letters = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, MAX_SLUG)
    .replace(/-+$/, '')
  const base = roleIdPattern.test(letters) ? letters : `role-${random.id(8)}`
  let id = base
  for (let number = 2; known.some((role) => role.id === id); number += 1) id = `${base}-${number}`
  return id
}

/** @throws GateError PERMISSION_DENIED for what of this role cannot be changed, VALIDATION_FAILED for what nobody gets */
export function checkChange({ id, title, builtIn }: KnownRole, change: RoleChange): void {
  if (id === 'administrator') {
    throw new GateError('PERMISSION_DENIED', 'Administrators may do everything. Make a copy to allow less.')
  }
  const isMore = change.title !== undefined || change.meaning !== undefined || change.permissions !== undefined
  if (builtIn && isMore) {
    throw new GateError(
      'PERMISSION_DENIED',
      `Of ${title} only models and nodes can be changed. Make a copy for the rest.`,
    )
  }
  const reserved = change.permissions?.find(isReserved)
  if (reserved !== undefined) throw refuseReserved(reserved)
  if (change.nodes?.rule === 'all') {
    throw new GateError('VALIDATION_FAILED', 'Only administrators may use every node. Allow the ones that are needed.')
  }
}

/** Privilege escalation: whoever has one of these can change what everybody else may do. */
const refuseReserved = (permission: Permission): GateError =>
  new GateError(
    'VALIDATION_FAILED',
    `Only administrators may ${permissionWords[permission]}. No other role can have that.`,
  )
