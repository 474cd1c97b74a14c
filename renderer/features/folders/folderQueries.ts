import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import { folderSchema } from '../../../proxy/contract/folders.ts'
import type { changeFolderSchema } from '../../../proxy/contract/folders.ts'
import type { Settings } from '../../../proxy/contract/settings.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

/** How much room one's own files take. */
export function useOwnFolder() {
  return useQuery({
    queryKey: [...queryKeys.folders, 'mine'],
    queryFn: () => request('GET', 'folders/mine', { schema: folderSchema }),
  })
}

const movingAskMs = 1000

/** Everybody's folders; asked for every second while one is being moved. */
export function useFolders() {
  return useQuery({
    queryKey: [...queryKeys.folders, 'all'],
    queryFn: () => requestAll('folders', folderSchema),
    refetchInterval: ({ state }) => (state.data?.some(({ moving }) => moving !== null) === true ? movingAskMs : false),
  })
}

export type FolderChange = z.input<typeof changeFolderSchema>

export function useChangeFolder(userId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: FolderChange) => request('PATCH', `folders/${userId}`, { schema: folderSchema, body }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.folders }),
  })
}

/** What everybody has who has no own; both at once. */
export function useSetRoomDefaults() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Pick<Settings, 'folders.quotaBytes' | 'folders.retentionDays'>) =>
      request('PATCH', 'settings', { schema: noAnswer, body }),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.settings }),
        client.invalidateQueries({ queryKey: queryKeys.folders }),
      ]),
  })
}
