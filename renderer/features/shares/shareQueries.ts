import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { outputsDoneSchema } from '../../../proxy/contract/outputs.ts'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { sharedOutputSchema, shareSchema } from '../../../proxy/contract/shares.ts'
import { request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { changeLists } from '../outputs/outputQueries.ts'

const pageSize = 60
/** What one request may name. */
const idsAtOnce = 500
const sharedPageSchema = z.object({ items: z.array(sharedOutputSchema), nextCursor: z.string().nullable() })

/** What others share with one, page after page. */
export function useShared() {
  return useInfiniteQuery({
    queryKey: queryKeys.shared,
    queryFn: ({ pageParam }) =>
      request('GET', 'shared', { schema: sharedPageSchema, query: { cursor: pageParam, limit: pageSize } }),
    initialPageParam: z.string().optional().parse(undefined),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  })
}

/** With whom a picture is shared; undefined: nobody asks. */
export function useShares(id: string | undefined) {
  return useQuery({
    queryKey: queryKeys.shares(id ?? ''),
    queryFn: () => request('GET', `outputs/${id ?? ''}/shares`, { schema: shareSchema }),
    enabled: id !== undefined,
    staleTime: 0,
  })
}

interface Sharing {
  readonly outputs: readonly Output[]
  readonly everybody: boolean
  readonly names: readonly string[]
}

/** Replaces with whom these are shared. */
export function useShareOutputs() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ outputs, everybody, names }: Sharing) => {
      for (let start = 0; start < outputs.length; start += idsAtOnce) {
        const ids = outputs.slice(start, start + idsAtOnce).map(({ id }) => id)
        const body = { ids, everybody, names }
        await request('POST', 'outputs/share', { schema: outputsDoneSchema, body })
      }
    },
    onSuccess: (_done, { outputs, everybody, names }) => {
      const shared = everybody || names.length > 0
      const ids = new Set(outputs.map(({ id }) => id))
      changeLists(client, (list) => ({
        ...list,
        items: list.items.map((output) => (ids.has(output.id) ? { ...output, shared } : output)),
      }))
    },
    onSettled: (_done, _error, { outputs }) =>
      Promise.all(
        outputs.flatMap(({ id }) => [
          client.invalidateQueries({ queryKey: queryKeys.shares(id) }),
          client.invalidateQueries({ queryKey: queryKeys.outputDetails(id) }),
        ]),
      ),
  })
}
