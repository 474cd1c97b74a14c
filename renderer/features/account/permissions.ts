import type { Permission } from '../../../proxy/contract/permissions.ts'
import { useSession } from './accountQueries.ts'

/** Whether whoever is signed in may do something; nobody may anything. The gate decides; pages only choose what to offer. */
export function useMay(): (permission: Permission) => boolean {
  const session = useSession().data
  return (permission) => session?.permissions.includes(permission) === true
}
