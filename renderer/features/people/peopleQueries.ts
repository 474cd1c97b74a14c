import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import { personSchema } from '../../../proxy/contract/accounts.ts'
import type { createUserSchema, setPasswordSchema, updateUserSchema } from '../../../proxy/contract/accounts.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

interface PeopleOptions {
  /** How often to ask while the page is in sight: when somebody was here last is told by no event. */
  readonly askEveryMs?: number
}

export function usePeople({ askEveryMs }: PeopleOptions = {}) {
  return useQuery({
    queryKey: queryKeys.users,
    queryFn: () => requestAll('users', personSchema),
    refetchInterval: askEveryMs ?? false,
  })
}

function useRefreshPeople() {
  const client = useQueryClient()
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: queryKeys.users }),
      client.invalidateQueries({ queryKey: queryKeys.sharing }),
      client.invalidateQueries({ queryKey: queryKeys.keys }),
      client.invalidateQueries({ queryKey: queryKeys.sessions }),
    ])
}

export function useAddPerson() {
  const refresh = useRefreshPeople()
  return useMutation({
    mutationFn: (body: z.input<typeof createUserSchema>) => request('POST', 'users', { schema: personSchema, body }),
    onSuccess: refresh,
  })
}

export function useUpdatePerson(id: string) {
  const refresh = useRefreshPeople()
  return useMutation({
    mutationFn: (body: z.input<typeof updateUserSchema>) =>
      request('PATCH', `users/${encodeURIComponent(id)}`, { schema: personSchema, body }),
    onSuccess: refresh,
  })
}

export function useSetPassword(id: string) {
  const refresh = useRefreshPeople()
  return useMutation({
    mutationFn: (body: z.input<typeof setPasswordSchema>) =>
      request('PUT', `users/${encodeURIComponent(id)}/password`, { schema: noAnswer, body }),
    onSuccess: refresh,
  })
}

export function useRemovePerson(id: string) {
  const refresh = useRefreshPeople()
  return useMutation({
    mutationFn: () => request('DELETE', `users/${encodeURIComponent(id)}`, { schema: noAnswer }),
    onSuccess: refresh,
  })
}
