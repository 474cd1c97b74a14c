import { rolePermissions, roleWords } from '../../proxy/contract/roles.ts'
import type { Role } from '../../proxy/contract/roles.ts'
import type { ProbedRole } from '../../proxy/probe/madeUpPeople.ts'

/** A role as it comes with the program, with whatever differs. */
export const probedRole = (id: Role, more: Partial<ProbedRole> = {}): ProbedRole => ({
  id,
  title: roleWords[id].title,
  base: id,
  permissions: new Set(rolePermissions[id]),
  models: {},
  nodes: { rule: id === 'administrator' ? 'all' : 'harmless', allowed: [], denied: [] },
  ...more,
})
