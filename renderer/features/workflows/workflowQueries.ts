import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { savedDraftSchema, workflowDraftSchema } from '../../../proxy/contract/workflowDrafts.ts'
import type { WorkflowDraft } from '../../../proxy/contract/workflowDrafts.ts'
import { inspectedWorkflowSchema, managedWorkflowSchema } from '../../../proxy/contract/workflows.ts'
import type { WorkflowGrants, WorkflowInput, changeWorkflowSchema } from '../../../proxy/contract/workflows.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import type { WorkflowSource } from './workflowFile.ts'

const pathOf = (id: string): string => `workflows/${encodeURIComponent(id)}`

/** Counts pictures that were changed here: a page keeps what it has shown under the same address. */
let edition = 0

export const workflowPicturePath = ({ id }: { readonly id: string }): string =>
  `/gatehouse/api/v1/${pathOf(id)}/picture?edition=${edition}`

/** Every published workflow as the owner sees it. */
export function useWorkflows() {
  return useQuery({
    queryKey: queryKeys.workflows,
    queryFn: () => requestAll('workflows', managedWorkflowSchema, { all: 'true' }),
  })
}

/** Members beside the workflow itself, whose text is put in as it is. */
function withPrompt(members: Readonly<Record<string, unknown>>, { promptText }: WorkflowSource): string {
  const rest = JSON.stringify(members).slice(1)
  return `{"prompt":${promptText}${rest === '}' ? '' : ','}${rest}`
}

/** Which of its inputs could be made changeable. Nothing is stored. */
export function useInspection(source: WorkflowSource) {
  return useQuery({
    queryKey: ['inspection', source.promptText],
    queryFn: () =>
      request('POST', 'workflows/inspect', { schema: inspectedWorkflowSchema, text: withPrompt({}, source) }),
    staleTime: Infinity,
    gcTime: 0,
  })
}

export interface Publication {
  readonly source: WorkflowSource
  readonly name: string
  readonly description: string
  readonly inputs: readonly WorkflowInput[]
  readonly grants: WorkflowGrants
  readonly picture: string | undefined
}

/** @throws ApiError of the workflow itself; its picture alone never stands in the way of publishing. */
export function usePublish() {
  const refresh = useRefreshWorkflows()
  return useMutation({
    mutationFn: async ({ source, picture, ...members }: Publication) => {
      const text = withPrompt({ ...members, canvas: source.canvas }, source)
      const workflow = await request('POST', 'workflows', { schema: managedWorkflowSchema, text })
      const pictureError = picture === undefined ? undefined : await putPicture(workflow.id, picture).catch(toError)
      return { workflow, pictureError }
    },
    onSuccess: refresh,
  })
}

const toError = (error: unknown): unknown => error

interface NewVersion {
  readonly id: string
  readonly source: WorkflowSource
  readonly inputs: readonly WorkflowInput[]
}

/** Publishing anew: another version of the same workflow. */
export function usePublishAnew() {
  const refresh = useRefreshWorkflows()
  return useMutation({
    mutationFn: ({ id, source, inputs }: NewVersion) =>
      request('POST', `${pathOf(id)}/versions`, {
        schema: managedWorkflowSchema,
        text: withPrompt({ inputs, canvas: source.canvas }, source),
      }),
    onSuccess: refresh,
  })
}

export function useChangeWorkflow(id: string) {
  const refresh = useRefreshWorkflows()
  return useMutation({
    mutationFn: (body: z.input<typeof changeWorkflowSchema>) =>
      request('PATCH', pathOf(id), { schema: managedWorkflowSchema, body }),
    onSuccess: refresh,
  })
}

/** `picture` is a data URL of a JPEG or WebP; undefined takes it away. */
export function useSetWorkflowPicture(id: string) {
  const refresh = useRefreshWorkflows()
  return useMutation({
    mutationFn: (picture: string | undefined) =>
      picture === undefined
        ? request('DELETE', `${pathOf(id)}/picture`, { schema: noAnswer })
        : putPicture(id, picture),
    onSuccess: () => {
      edition += 1
      return refresh()
    },
  })
}

const putPicture = (id: string, picture: string): Promise<null> =>
  request('PUT', `${pathOf(id)}/picture`, { schema: noAnswer, file: toBlob(picture) })

function toBlob(dataUrl: string): Blob {
  const [head = '', data = ''] = dataUrl.split(',')
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0))
  return new Blob([bytes], { type: /^data:([^;]+)/.exec(head)?.[1] ?? 'image/jpeg' })
}

export function useStopOffering(id: string) {
  const refresh = useRefreshWorkflows()
  return useMutation({
    mutationFn: () => request('DELETE', pathOf(id), { schema: noAnswer }),
    onSuccess: refresh,
  })
}

function useRefreshWorkflows() {
  const client = useQueryClient()
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: queryKeys.workflows }),
      client.invalidateQueries({ queryKey: queryKeys.keys }),
    ])
}

const draftsPath = 'workflows/drafts'

/** What administrators have handed over from ComfyUI's page. */
export function useDrafts() {
  return useQuery({
    queryKey: queryKeys.drafts,
    queryFn: async () =>
      (await request('GET', draftsPath, { schema: z.object({ items: z.array(savedDraftSchema) }) })).items,
  })
}

/** One of them, as it was handed over: read once, so that what is shown is what is published. */
export function useDraft(id: string | undefined) {
  return useQuery({
    queryKey: ['draft', id],
    queryFn: (): Promise<WorkflowDraft> =>
      request('GET', `${draftsPath}/${encodeURIComponent(id ?? '')}`, { schema: workflowDraftSchema }),
    enabled: id !== undefined,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  })
}

export function usePutDraftAway() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => request('DELETE', `${draftsPath}/${encodeURIComponent(id)}`, { schema: noAnswer }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.drafts }),
  })
}
