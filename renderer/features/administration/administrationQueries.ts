import { useQuery } from '@tanstack/react-query'
import { administrationSchema } from '../../../proxy/contract/administration.ts'
import { request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

/** Managing Gatehouse from other devices: whether, and where. */
export function useAdministration() {
  return useQuery({
    queryKey: queryKeys.administration,
    queryFn: () => request('GET', 'administration', { schema: administrationSchema }),
  })
}
