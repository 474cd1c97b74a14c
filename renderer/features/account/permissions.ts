import type { SessionAnswer } from '../../../proxy/contract/accounts.ts'
import { rolePermissions } from '../../../proxy/contract/roles.ts'
import type { Permission } from '../../../proxy/contract/permissions.ts'
import { useSession } from './accountQueries.ts'

/** What a session may do. The gate decides; pages only choose what to offer. */
export const permissionsOf = ({ user }: Pick<SessionAnswer, 'user'>): readonly Permission[] =>
  rolePermissions[user.role]

/** Whether whoever is signed in may do something; nobody may anything. */
export function useMay(): (permission: Permission) => boolean {
  const session = useSession().data
  return (permission) => session !== undefined && permissionsOf(session).includes(permission)
}
