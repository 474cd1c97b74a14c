import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { connectionSchema, sharingSchema } from '../../../proxy/contract/sharing.ts'
import { request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

export function useSharing() {
  return useQuery({ queryKey: queryKeys.sharing, queryFn: () => request('GET', 'sharing', { schema: sharingSchema }) })
}

export function useSetSharing() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (on: boolean) => request('PUT', 'sharing', { schema: sharingSchema, body: { on } }),
    onSuccess: (sharing) => client.setQueryData(queryKeys.sharing, sharing),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.connections }),
  })
}

export function useConnections() {
  return useQuery({ queryKey: queryKeys.connections, queryFn: () => requestAll('connections', connectionSchema) })
}
