import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Candidate } from '../../../electron/ipc/schema.ts'
import { comfyuiSchema } from '../../../proxy/contract/comfyui.ts'
import type { EngineState } from '../../../proxy/contract/comfyui.ts'
import { noAnswer, request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { invokeDesktop, listenDesktop } from '../../desktop/desktop.ts'

/** ComfyUI installations found on this computer. Looking takes a moment, so the answer is kept. */
export function useCandidates() {
  return useQuery({
    queryKey: queryKeys.candidates,
    queryFn: () => invokeDesktop('comfyui:find'),
    staleTime: Infinity,
    retry: false,
  })
}

/** Lets the owner pick a folder and puts what is in it at the head of the list. */
export function usePickFolder() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => invokeDesktop('comfyui:pickFolder'),
    onSuccess: (picked) => {
      if (picked === null) return
      client.setQueryData<Candidate[]>(queryKeys.candidates, (old = []) => [
        picked,
        ...old.filter((candidate) => candidate.directory !== picked.directory),
      ])
    },
  })
}

export type EngineSelection =
  { readonly kind: 'practice'; readonly withPage: boolean } | { readonly kind: 'comfyui'; readonly directory: string }

export function usePracticePage(enabled: boolean) {
  return useQuery({
    queryKey: queryKeys.practicePage,
    queryFn: () => invokeDesktop('practicePage:status'),
    enabled,
    retry: false,
  })
}

/** How much of ComfyUI's own page has come, while it comes. */
export function usePageProgress(): { doneBytes: number; totalBytes: number } | undefined {
  const [progress, setProgress] = useState<{ doneBytes: number; totalBytes: number }>()
  useEffect(() => listenDesktop('practicePage:progress', setProgress), [])
  return progress
}

/** Fetches what was agreed to, notes the choice, and starts it. */
export function useChooseEngine() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (selection: EngineSelection) => {
      if (selection.kind === 'practice') {
        if (selection.withPage) await invokeDesktop('practicePage:install')
        await invokeDesktop('comfyui:choose', { kind: 'practice' })
      } else {
        await invokeDesktop('comfyui:choose', { kind: 'comfyui', directory: selection.directory })
      }
      const { state } = await request('GET', 'comfyui', { schema: comfyuiSchema })
      await request('POST', `comfyui/${commandAfterChoice(state)}`, { schema: noAnswer })
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.comfyui }),
        client.invalidateQueries({ queryKey: queryKeys.settings }),
        client.invalidateQueries({ queryKey: queryKeys.practicePage }),
      ]),
  })
}

/** What runs now is still the former choice: it has to stop first. */
function commandAfterChoice(state: EngineState): 'start' | 'restart' {
  return state.kind === 'ready' || state.kind === 'starting' ? 'restart' : 'start'
}
