import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import { apiKeySchema, createdKeySchema } from '../../../proxy/contract/keys.ts'
import type { createKeySchema } from '../../../proxy/contract/keys.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

interface KeysOptions {
  /** How often to ask while the page is in sight: when a key was used last is told by no event. */
  readonly askEveryMs?: number
}

/** Every key in the owner's window; one's own elsewhere. Never the keys themselves. */
export function useKeys({ askEveryMs }: KeysOptions = {}) {
  return useQuery({
    queryKey: queryKeys.keys,
    queryFn: () => requestAll('keys', apiKeySchema),
    refetchInterval: askEveryMs ?? false,
  })
}

/** The answer holds the key, the only time. It stays in the form that asked and never enters the cache. */
export function useCreateKey() {
  const refresh = useRefreshKeys()
  return useMutation({
    mutationFn: (body: z.input<typeof createKeySchema>) => request('POST', 'keys', { schema: createdKeySchema, body }),
    onSuccess: refresh,
    gcTime: 0,
  })
}

export function useRevokeKey() {
  const refresh = useRefreshKeys()
  return useMutation({
    mutationFn: (id: string) => request('DELETE', `keys/${encodeURIComponent(id)}`, { schema: noAnswer }),
    onSuccess: refresh,
  })
}

function useRefreshKeys() {
  const client = useQueryClient()
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: queryKeys.keys }),
      client.invalidateQueries({ queryKey: queryKeys.users }),
    ])
}
