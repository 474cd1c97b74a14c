import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import {
  doorSchema,
  knockAnsweredSchema,
  knockedSchema,
  knockHeader,
  knocksSchema,
} from '../../../proxy/contract/knocks.ts'
import type { answerKnockSchema } from '../../../proxy/contract/knocks.ts'
import { noAnswer, request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { hasDesktop } from '../../desktop/desktop.ts'

/** Who stands at the door, for the owner in the window. What ends by itself is told by the gate. */
export function useKnocks() {
  return useQuery({
    queryKey: queryKeys.knocks,
    queryFn: () => request('GET', 'knocks', { schema: knocksSchema }),
    // Whoever manages from another device has no door to open: the gate says so to each of them.
    enabled: hasDesktop(),
  })
}

export function useSetKnocking() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (open: boolean) => request('PUT', 'knocks', { schema: knocksSchema, body: { open } }),
    onSuccess: (knocks) => client.setQueryData(queryKeys.knocks, knocks),
  })
}

/** Everybody who waits gets a no, and may not ask again while the door stays open. */
export function useSendAllAway() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => request('DELETE', 'knocks', { schema: knocksSchema }),
    onSuccess: (knocks) => client.setQueryData(queryKeys.knocks, knocks),
  })
}

export function useAnswerKnock(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: z.input<typeof answerKnockSchema>) =>
      request('POST', `knocks/${encodeURIComponent(id)}/answer`, { schema: knockAnsweredSchema, body }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.knocks }),
  })
}

/** Whether one may knock, asked by whoever stands before the door. */
export function useDoor() {
  return useQuery({
    queryKey: queryKeys.knockEntry,
    queryFn: () => request('GET', 'session/knock', { schema: doorSchema }),
    retry: false,
  })
}

export function useKnock() {
  return useMutation({
    mutationFn: (name: string) => request('POST', 'session/knock', { schema: knockedSchema, body: { name } }),
  })
}

const askEveryMs = 1500

/** What comes of one's own knock, until there is an answer. */
export function useKnockAnswer(secret: string) {
  return useQuery({
    queryKey: ['knock', secret],
    queryFn: () => request('GET', 'session/knock', { schema: doorSchema, headers: { [knockHeader]: secret } }),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === 'waiting' ? askEveryMs : false),
    refetchIntervalInBackground: true,
    // An answer that was fetched is not told again.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: Infinity,
  })
}

export function useWithdrawKnock(secret: string) {
  return useMutation({
    mutationFn: () => request('DELETE', 'session/knock', { schema: noAnswer, headers: { [knockHeader]: secret } }),
  })
}

export function useFirstPassword(secret: string) {
  return useMutation({
    mutationFn: (password: string) =>
      request('PUT', 'session/knock', { schema: noAnswer, body: { password }, headers: { [knockHeader]: secret } }),
  })
}
