import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { deviceSessionSchema } from '../../../proxy/contract/accounts.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

/** Where somebody is signed in; without a person, one's own. */
export function useDevices(userId?: string) {
  return useQuery({
    queryKey: userId === undefined ? queryKeys.sessions : queryKeys.sessionsOf(userId),
    queryFn: () => requestAll('sessions', deviceSessionSchema, { userId }),
  })
}

export function useEndDevice() {
  const refresh = useRefreshDevices()
  return useMutation({
    mutationFn: (id: string) => request('DELETE', `sessions/${encodeURIComponent(id)}`, { schema: noAnswer }),
    onSettled: refresh,
  })
}

/** Ends every session of a person; without one, every other one of one's own. */
export function useEndDevices(userId?: string) {
  const refresh = useRefreshDevices()
  return useMutation({
    mutationFn: () => request('DELETE', 'sessions', { schema: noAnswer, query: { userId } }),
    onSettled: refresh,
  })
}

function useRefreshDevices() {
  const client = useQueryClient()
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: queryKeys.sessions }),
      client.invalidateQueries({ queryKey: queryKeys.users }),
    ])
}
