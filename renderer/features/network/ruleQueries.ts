import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import {
  importedIpRulesSchema,
  ipRuleEffectSchema,
  ipRulePageSchema,
  ipRuleSchema,
} from '../../../proxy/contract/ipRules.ts'
import type { createIpRuleSchema, importIpRulesSchema, previewIpRuleSchema } from '../../../proxy/contract/ipRules.ts'
import { lockoutSchema } from '../../../proxy/contract/lockouts.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

/** Rules page by page: there may be thousands. */
export function useIpRules(search: string) {
  return useInfiniteQuery({
    queryKey: [...queryKeys.ipRules, 'list', search],
    queryFn: ({ pageParam }) =>
      request('GET', 'ip-rules', {
        schema: ipRulePageSchema,
        query: { limit: 100, cursor: pageParam, search: search === '' ? undefined : search },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}

type Previewed = z.input<typeof previewIpRuleSchema>

/** Whom a rule would meet; undefined: nothing to ask about yet. */
export function useRulePreview(saying: Previewed | undefined) {
  return useQuery({
    queryKey: queryKeys.ipRulePreview(saying),
    queryFn: () => request('POST', 'ip-rules/preview', { schema: ipRuleEffectSchema, body: saying }),
    enabled: saying !== undefined,
    retry: false,
    gcTime: 0,
  })
}

export function useAddRule() {
  const refresh = useRefreshRules()
  return useMutation({
    mutationFn: (body: z.input<typeof createIpRuleSchema>) =>
      request('POST', 'ip-rules', { schema: ipRuleSchema, body }),
    onSuccess: refresh,
  })
}

/** Asked about before, so it is done. */
export function useRemoveRule() {
  const refresh = useRefreshRules()
  return useMutation({
    mutationFn: (id: string) =>
      request('DELETE', `ip-rules/${encodeURIComponent(id)}`, { schema: noAnswer, query: { confirm: 'true' } }),
    onSuccess: refresh,
  })
}

export function useImportRules() {
  const refresh = useRefreshRules()
  return useMutation({
    mutationFn: (body: z.input<typeof importIpRulesSchema>) =>
      request('POST', 'ip-rules/import', { schema: importedIpRulesSchema, body }),
    onSuccess: refresh,
  })
}

/** Who waits or is blocked. A pause that ends is told by no event. */
export function useLockouts() {
  return useQuery({
    queryKey: queryKeys.lockouts,
    queryFn: () => requestAll('lockouts', lockoutSchema),
    refetchInterval: 15_000,
  })
}

export function useLiftLockout() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => request('DELETE', `lockouts/${encodeURIComponent(id)}`, { schema: noAnswer }),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.lockouts }),
        client.invalidateQueries({ queryKey: queryKeys.ipRules }),
      ]),
  })
}

function useRefreshRules() {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: queryKeys.ipRules })
}
