import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { QueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import {
  outputAsInputSchema,
  outputDetailsSchema,
  outputSchema,
  outputsDoneSchema,
} from '../../../proxy/contract/outputs.ts'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import type { OutputFilter } from './gallerySearch.ts'
import {
  appendPage,
  mergeNewest,
  outputPageSchema,
  readAllPages,
  withChange,
  withOutputs,
  withoutOutputs,
} from './outputList.ts'
import type { OutputList, OutputPage } from './outputList.ts'
import { removingNow } from './removingNow.ts'

const pageSize = 200
/** What one request may name. */
const idsAtOnce = 500

const listKey = (filter: OutputFilter) => [...queryKeys.outputLists, filter]

const readPage = (filter: OutputFilter, cursor: string | undefined): Promise<OutputPage> =>
  request('GET', 'outputs', {
    schema: outputPageSchema,
    query: {
      cursor,
      limit: pageSize,
      user: filter.user,
      kind: filter.kind,
      kept: filter.kept === true ? 'true' : undefined,
      removed: filter.removed === true ? 'true' : undefined,
      search: filter.find === '' ? undefined : filter.find,
    },
  })

/** The newest page of a list, and what was read behind it; for whoever shows it or knows that it will be shown. */
export function outputsQuery(client: QueryClient, filter: OutputFilter) {
  const queryKey = listKey(filter)
  return queryOptions({
    queryKey,
    queryFn: async (): Promise<OutputList> => {
      const newest = await readPage(filter, undefined)
      const list = mergeNewest(client.getQueryData<OutputList>(queryKey), newest)
      return filter.removed === true ? list : withoutOutputs(list, removingNow(client))
    },
    // Ten thousand entries need not be compared one by one.
    structuralSharing: false,
  })
}

/** The pictures of a list as far as they have been read, and how to read on. Events read its newest page again. */
export function useOutputs(filter: OutputFilter) {
  const list = useQuery(outputsQuery(useQueryClient(), filter))
  return { list, ...useReadingOn(filter, list.data?.nextCursor ?? null) }
}

interface Place {
  readonly filter: OutputFilter
  readonly cursor: string
}

/** Reads the pages behind the newest one. What failed is read again only when somebody asks for it. */
function useReadingOn(filter: OutputFilter, cursor: string | null) {
  const client = useQueryClient()
  const { mutate, isPending, error, variables } = useMutation({
    mutationFn: (place: Place) => readPage(place.filter, place.cursor),
    onSuccess: (page, place) =>
      client.setQueryData<OutputList>(listKey(place.filter), (old) => old && appendPage(old, place.cursor, page)),
  })
  const moreError = variables?.cursor === cursor ? error : null
  const retry = useCallback(() => {
    if (cursor !== null) mutate({ filter, cursor })
  }, [filter, cursor, mutate])
  const readMore = useCallback(() => {
    if (!isPending && moreError === null) retry()
  }, [isPending, moreError, retry])
  return { moreError, readMore, retry }
}

export function useOutputDetails(id: string) {
  return useQuery({
    queryKey: queryKeys.outputDetails(id),
    queryFn: () => request('GET', `outputs/${id}`, { schema: outputDetailsSchema }),
  })
}

export const changeLists = (client: QueryClient, change: (list: OutputList) => OutputList): void => {
  client.setQueriesData<OutputList>({ queryKey: queryKeys.outputLists }, (old) => old && change(old))
}

/** Marks files to be kept, or takes the mark away. */
export function useKeepOutput() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ outputs, keep }: { readonly outputs: readonly Output[]; readonly keep: boolean }) => {
      for (const { id } of outputs) {
        const changed = await request('PATCH', `outputs/${id}`, { schema: outputSchema, body: { keep } })
        changeLists(client, (list) => withChange(list, changed))
        void client.invalidateQueries({ queryKey: queryKeys.outputDetails(id) })
      }
    },
  })
}

async function askForAll(path: string, outputs: readonly Output[]): Promise<number> {
  let done = 0
  for (let start = 0; start < outputs.length; start += idsAtOnce) {
    const ids = outputs.slice(start, start + idsAtOnce).map(({ id }) => id)
    done += (await request('POST', path, { schema: outputsDoneSchema, body: { ids } })).done
  }
  return done
}

/** Removes for seven days; they leave every list at once. */
export function useRemoveOutputs() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (outputs: readonly Output[]) => askForAll('outputs/remove', outputs),
    onMutate: (outputs) => {
      const ids = new Set(outputs.map(({ id }) => id))
      for (const id of ids) removingNow(client).add(id)
      changeLists(client, (list) => withoutOutputs(list, ids))
    },
    onSettled: (_done, error, outputs) => {
      for (const { id } of outputs) removingNow(client).delete(id)
      client.removeQueries({ queryKey: queryKeys.outputLists, type: 'inactive' })
      if (error !== null) void client.resetQueries({ queryKey: queryKeys.outputLists })
      return refreshRoom(client)
    },
  })
}

/** Brings removed ones back, to their places. */
export function useRestoreOutputs(filter: OutputFilter) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (outputs: readonly Output[]) => askForAll('outputs/restore', outputs),
    onSuccess: (_done, outputs) => {
      // Lists that are not in sight are read again when they are.
      client.removeQueries({ queryKey: queryKeys.outputLists, type: 'inactive' })
      const ids = new Set(outputs.map(({ id }) => id))
      client.setQueryData<OutputList>(listKey(filter), (old) => {
        if (old === undefined) return old
        return filter.removed === true ? withoutOutputs(old, ids) : withOutputs(old, outputs)
      })
    },
    onSettled: () => refreshRoom(client),
  })
}

/** Every file of a list, to its end; for whoever asks what will be done with all of them. */
export function useAllOutputs(filter: OutputFilter) {
  return useQuery({
    // Apart from the lists: what was named is what is done, and is not read again while somebody looks at it.
    queryKey: ['allOutputs', filter],
    queryFn: () => readAllPages((cursor) => readPage(filter, cursor)),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

/** Deletes removed ones for good. @returns how many */
export function useDeleteOutputs() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (outputs: readonly Output[]) => askForAll('outputs/delete', outputs),
    onSuccess: (_done, outputs) => {
      const ids = new Set(outputs.map(({ id }) => id))
      changeLists(client, (list) => withoutOutputs(list, ids))
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: queryKeys.outputLists }), refreshRoom(client)]),
  })
}

const refreshRoom = (client: QueryClient) => client.invalidateQueries({ queryKey: queryKeys.folders })

/** Puts a picture among ComfyUI's inputs and says its name there. */
export function useOutputAsInput() {
  return useMutation({
    mutationFn: (id: string) => request('POST', `outputs/${id}/input`, { schema: outputAsInputSchema }),
  })
}
