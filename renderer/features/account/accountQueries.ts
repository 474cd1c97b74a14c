import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { sessionSchema } from '../../../proxy/contract/accounts.ts'
import { noAnswer, request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

interface SessionOptions {
  /** How often to ask although no event says that anything changed. */
  readonly askEveryMs?: number
}

/** Who is signed in. */
export function useSession({ askEveryMs }: SessionOptions = {}) {
  return useQuery({
    queryKey: queryKeys.session,
    queryFn: () => request('GET', 'session', { schema: sessionSchema }),
    refetchInterval: askEveryMs ?? false,
  })
}

const signedInSchema = sessionSchema.pick({ permissions: true, surface: true })

export function useSignIn() {
  return useMutation({
    mutationFn: (body: { username: string; password: string }) =>
      request('POST', 'session', { schema: signedInSchema, body }),
    gcTime: 0,
  })
}

export function useSignOut() {
  return useMutation({ mutationFn: () => request('DELETE', 'session', { schema: noAnswer }) })
}

export function useChangePassword() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { currentPassword: string; newPassword: string }) =>
      request('PUT', 'account/password', { schema: noAnswer, body }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.sessions }),
    gcTime: 0,
  })
}
