import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { protectionStateSchema } from '../../../proxy/contract/protection.ts'
import { request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

const LOOK_MS = 1000

/** The last report, and while a check runs how far it is. */
export function useProtection() {
  return useQuery({
    queryKey: queryKeys.protection,
    queryFn: () => request('GET', 'protection', { schema: protectionStateSchema }),
    refetchInterval: ({ state }) => (state.data?.running == null ? false : LOOK_MS),
  })
}

export function useStartProtection() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => request('POST', 'protection', { schema: protectionStateSchema, body: { running: true } }),
    onSuccess: (state) => client.setQueryData(queryKeys.protection, state),
    // Somebody else may have begun it.
    onError: () => client.invalidateQueries({ queryKey: queryKeys.protection }),
  })
}
