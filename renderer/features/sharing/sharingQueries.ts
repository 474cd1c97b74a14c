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

/** The answer to "share here too?", about the network that was asked about. */
export function useAnswerNetwork() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { network: string; share: boolean }) =>
      request('PUT', 'sharing/network', { schema: sharingSchema, body }),
    onSuccess: (sharing) => client.setQueryData(queryKeys.sharing, sharing),
    onError: () => client.invalidateQueries({ queryKey: queryKeys.sharing }),
  })
}

/** Everybody has the new address. */
export function useAcceptAddress() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => request('PUT', 'sharing/address', { schema: sharingSchema, body: {} }),
    onSuccess: (sharing) => client.setQueryData(queryKeys.sharing, sharing),
  })
}

export function useConnections() {
  return useQuery({ queryKey: queryKeys.connections, queryFn: () => requestAll('connections', connectionSchema) })
}
