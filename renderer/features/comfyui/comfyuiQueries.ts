import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { comfyuiSchema, engineLogSchema } from '../../../proxy/contract/comfyui.ts'
import { noAnswer, request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

export type EngineCommand = 'start' | 'stop' | 'restart'

/** Which engine, and how it is. */
export function useComfyui() {
  return useQuery({ queryKey: queryKeys.comfyui, queryFn: () => request('GET', 'comfyui', { schema: comfyuiSchema }) })
}

/** Starts, stops or restarts the engine; what comes of it is seen in its state. */
export function useEngineCommand() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (command: EngineCommand) => request('POST', `comfyui/${command}`, { schema: noAnswer }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.comfyui }),
  })
}

/** The log so far; new lines come by the event stream. */
export function useEngineLog() {
  return useQuery({
    queryKey: queryKeys.engineLog,
    queryFn: () => request('GET', 'comfyui/log', { schema: engineLogSchema }),
    staleTime: Infinity,
  })
}
