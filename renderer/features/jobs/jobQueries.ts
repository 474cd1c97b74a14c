import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { InfiniteData, QueryKey } from '@tanstack/react-query'
import { z } from 'zod'
import { jobSchema, jobUseSchema, queueStateSchema } from '../../../proxy/contract/jobs.ts'
import type { changeJobSchema, JobAnswer, NewPlace, pauseQueueSchema } from '../../../proxy/contract/jobs.ts'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { noAnswer, request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { movedTo } from './lineOrder.ts'

const linePageSize = 100
const endedPageSize = 10
const pageSchema = z.object({ items: z.array(jobSchema), nextCursor: z.string().nullable() })
type JobPages = InfiniteData<z.infer<typeof pageSchema>, string | undefined>

const readJobs = (state: 'running' | 'held' | 'waiting' | 'ended', limit: number, cursor?: string) =>
  request('GET', 'jobs', { schema: pageSchema, query: { state, limit, cursor } })

/** What runs now: one job, or none. */
export function useRunningJobs() {
  return useQuery({
    queryKey: queryKeys.runningJobs,
    queryFn: async () => (await readJobs('running', linePageSize)).items,
  })
}

const usePages = (queryKey: QueryKey, state: 'held' | 'waiting' | 'ended', limit: number) =>
  useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => readJobs(state, limit, pageParam),
    initialPageParam: firstPage,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  })

const firstPage: string | undefined = undefined

/** The line in the order in which it is served, as much of it as was asked for. */
export const useWaitingJobs = () => usePages(queryKeys.waitingJobs, 'waiting', linePageSize)

export const useHeldJobs = () => usePages(queryKeys.heldJobs, 'held', linePageSize)

/** What ended, newest first. */
export const useEndedJobs = () => usePages(queryKeys.endedJobs, 'ended', endedPageSize)

export function useQueueState() {
  return useQuery({
    queryKey: queryKeys.jobQueue,
    queryFn: () => request('GET', 'jobs/queue', { schema: queueStateSchema }),
  })
}

/** What one may use and has used today. */
export function useJobUse() {
  return useQuery({ queryKey: queryKeys.jobUse, queryFn: () => request('GET', 'jobs/use', { schema: jobUseSchema }) })
}

function useRefreshJobs() {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: queryKeys.jobs })
}

interface JobChange extends z.input<typeof changeJobSchema> {
  readonly id: string
}

/** Holds or releases a job. */
export function useChangeJob() {
  return useMutation({
    mutationFn: ({ id, ...body }: JobChange) =>
      request('PATCH', `jobs/${encodeURIComponent(id)}`, { schema: jobSchema, body }),
    onSettled: useRefreshJobs(),
  })
}

export interface JobMove {
  readonly id: string
  readonly to: NewPlace
}

/** Moves a job; the list shows it at once. `own`: among one's own only. */
export function useMoveJob(reach: 'everybody' | 'own') {
  const client = useQueryClient()
  const refresh = useRefreshJobs()
  return useMutation({
    mutationFn: ({ id, to }: JobMove) =>
      request('PATCH', `jobs/${encodeURIComponent(id)}`, {
        schema: jobSchema,
        body: reach === 'own' ? { ownPlace: to } : { place: to },
      }),
    onMutate: async ({ id, to }) => {
      // An answer from before would put it back for a moment.
      await client.cancelQueries({ queryKey: queryKeys.waitingJobs })
      client.setQueryData<JobPages>(queryKeys.waitingJobs, (old) => old && moveWithin(old, id, to))
    },
    onSettled: refresh,
  })
}

function moveWithin(data: JobPages, id: string, to: NewPlace): JobPages {
  let left: readonly JobAnswer[] = movedTo(
    data.pages.flatMap(({ items }) => items),
    id,
    to,
  )
  const pages = data.pages.map((page) => {
    const items = left.slice(0, page.items.length)
    left = left.slice(page.items.length)
    return { ...page, items }
  })
  return { ...data, pages }
}

/** Cancels a job that waits, or stops it if it runs. */
export function useCancelJob(id: string) {
  return useMutation({
    mutationFn: () => request('DELETE', `jobs/${encodeURIComponent(id)}`, { schema: noAnswer }),
    onSettled: useRefreshJobs(),
  })
}

export function usePauseQueue() {
  const client = useQueryClient()
  const refresh = useRefreshJobs()
  return useMutation({
    mutationFn: (body: z.input<typeof pauseQueueSchema>) =>
      request('PUT', 'jobs/queue', { schema: queueStateSchema, body }),
    onSuccess: (state) => client.setQueryData(queryKeys.jobQueue, state),
    onSettled: refresh,
  })
}

interface LimitChange {
  readonly 'jobs.limits': Settings['jobs.limits']
  readonly 'jobs.weights': Settings['jobs.weights']
}

/** Changes limits and shares together. */
export function useSetLimits() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: LimitChange) => request('PATCH', 'settings', { schema: noAnswer, body }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.settings }),
  })
}
