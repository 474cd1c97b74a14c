import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import type { InfiniteData } from '@tanstack/react-query'
import { useEffect } from 'react'
import { z } from 'zod'
import { auditRowSchema, auditVerificationSchema } from '../../../proxy/contract/auditLog.ts'
import type { AuditGroup, AuditRow } from '../../../proxy/contract/auditLog.ts'
import { request, toQueryString } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

const pageSchema = z.object({ items: z.array(auditRowSchema), nextCursor: z.string().nullable() })
type Page = z.infer<typeof pageSchema>

const pageSize = 100
const newsSize = 50
const topPx = 80

/** What is shown of all that happened; what is left out is not asked about. */
export interface ActivityFilter {
  readonly group?: AuditGroup | undefined
  readonly person?: string | undefined
  readonly from?: string | undefined
  readonly address?: string | undefined
  readonly refusals?: 'true' | undefined
}

const listKey = (filter: ActivityFilter) => ['audit', 'list', filter] as const

const readPage = (filter: ActivityFilter, limit: number, cursor?: string): Promise<Page> =>
  request('GET', 'audit', { schema: pageSchema, query: { ...filter, limit, cursor } })

/** The rows that were read so far, the newest first. What happens meanwhile does not move them, see `useActivityNews`. */
export const useActivity = (filter: ActivityFilter) =>
  useInfiniteQuery({
    queryKey: listKey(filter),
    queryFn: ({ pageParam }) => readPage(filter, pageSize, pageParam),
    initialPageParam: firstPage,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })

const firstPage: string | undefined = undefined

export interface ActivityNews {
  /** How many rows are newer than those that are shown; `newsSize` means that many or more. */
  readonly count: number
  readonly isMore: boolean
  readonly show: () => void
}

/** What happened since the list was read. At the top of the page it is put in by itself; elsewhere it waits. */
export function useActivityNews(filter: ActivityFilter, shown: readonly AuditRow[] | undefined): ActivityNews {
  const client = useQueryClient()
  const news = useQuery({
    queryKey: [...queryKeys.auditNews, filter],
    queryFn: () => readPage(filter, newsSize),
    enabled: shown !== undefined,
  })
  const top = shown?.[0]?.seq ?? 0
  const fresh = shown === undefined ? [] : (news.data?.items ?? []).filter(({ seq }) => seq > top)
  const show = () => {
    if (fresh.length >= newsSize) void client.resetQueries({ queryKey: listKey(filter) })
    else client.setQueryData<InfiniteData<Page>>(listKey(filter), (data) => data && prepend(data, fresh))
  }
  const newest = fresh[0]?.seq
  useEffect(() => {
    if (newest !== undefined && window.scrollY < topPx) show()
    // Only something new is a reason; `show` is another function each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [newest])
  return { count: fresh.length, isMore: fresh.length >= newsSize, show }
}

function prepend(data: InfiniteData<Page>, fresh: readonly AuditRow[]): InfiniteData<Page> {
  const [first, ...others] = data.pages
  if (first === undefined) return data
  const top = first.items[0]?.seq ?? 0
  const items = [...fresh.filter(({ seq }) => seq > top), ...first.items]
  return { ...data, pages: [{ ...first, items }, ...others] }
}

/** Whether somebody changed the list; a long one takes a while. */
export function useVerification() {
  return useQuery({
    queryKey: ['audit', 'verification'],
    queryFn: () => request('GET', 'audit/verify', { schema: auditVerificationSchema }),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? 1000 : false),
    staleTime: 60_000,
  })
}

/** Where the shown rows are as a file. */
export const exportPath = (format: 'csv' | 'json', filter: ActivityFilter): string =>
  `/gatehouse/api/v1/audit/export${toQueryString({ format, ...filter })}`
