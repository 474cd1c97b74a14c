import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { jobSchema } from '../../../proxy/contract/jobs.ts'
import type { JobAnswer } from '../../../proxy/contract/jobs.ts'
import { outputSchema } from '../../../proxy/contract/outputs.ts'
import { startedRunSchema, workflowSchema } from '../../../proxy/contract/workflows.ts'
import type { Workflow } from '../../../proxy/contract/workflows.ts'
import { ApiError } from '../../api/apiError.ts'
import { request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { toRunInputs } from './runDraft.ts'
import type { Draft } from './runDraft.ts'

/** Where no event comes through, as behind some proxies, a run is still seen to go on. */
const askAgainMs = 3000

/** The workflows that one may run. */
export function useWorkflows() {
  return useQuery({ queryKey: queryKeys.workflows, queryFn: () => requestAll('workflows', workflowSchema) })
}

export const workflowPicturePath = ({ id, version }: Pick<Workflow, 'id' | 'version'>): string =>
  `/gatehouse/api/v1/workflows/${id}/picture?version=${version}`

export const previewPath = (jobId: string, number: number): string =>
  `/gatehouse/api/v1/jobs/${jobId}/preview?number=${number}`

/** Sends a form. */
export function useRunWorkflow({ id, inputs }: Pick<Workflow, 'id' | 'inputs'>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (draft: Draft) =>
      request('POST', `workflows/${id}/run`, {
        schema: startedRunSchema,
        body: { inputs: toRunInputs(inputs, draft) },
      }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.jobs }),
  })
}

export const isOver = ({ state }: Pick<JobAnswer, 'state'>): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled'

/** One of one's own jobs, as it goes on. */
export function useJob(id: string) {
  return useQuery({
    queryKey: queryKeys.oneJob(id),
    queryFn: () => request('GET', `jobs/${encodeURIComponent(id)}`, { schema: jobSchema }),
    refetchInterval: ({ state: { data, error } }) =>
      (data !== undefined && isOver(data)) || isGone(error) ? false : askAgainMs,
    retry: (failures, error) => failures < 2 && error instanceof ApiError && error.code === 'UNREACHABLE',
  })
}

export const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404

const activeSchema = z.object({ items: z.array(jobSchema) })

/** One's own runs of published workflows that are not over. */
export function useActiveRuns() {
  return useQuery({
    queryKey: queryKeys.activeRuns,
    queryFn: async () => {
      const { items } = await request('GET', 'jobs', { schema: activeSchema, query: { limit: 100 } })
      return items.filter(({ workflow }) => workflow !== null)
    },
  })
}

const outputPageSchema = z.object({ items: z.array(outputSchema) })

/** What a job made, in the order in which it was made. Files are noted a moment after the job has ended. */
export function useJobOutputs({ id, files }: Pick<JobAnswer, 'id' | 'files'>, enabled = true) {
  return useQuery({
    queryKey: queryKeys.jobOutputs(id),
    enabled,
    queryFn: async () => {
      const { items } = await request('GET', 'outputs', { schema: outputPageSchema, query: { job: id, limit: 60 } })
      return [...items].reverse()
    },
    refetchInterval: ({ state: { data, dataUpdateCount } }) =>
      data !== undefined && data.length < (files ?? 0) && dataUpdateCount < 8 ? 1000 : false,
  })
}
