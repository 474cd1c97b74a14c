import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import { sessionSchema } from '../../../proxy/contract/accounts.ts'
import {
  createdInvitationSchema,
  invitationPath,
  invitationSchema,
  offerSchema,
} from '../../../proxy/contract/invitations.ts'
import type { acceptInvitationSchema, createInvitationSchema } from '../../../proxy/contract/invitations.ts'
import { ApiError } from '../../api/apiError.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

export function useInvitations() {
  return useQuery({ queryKey: queryKeys.invitations, queryFn: () => requestAll('invitations', invitationSchema) })
}

export function useCreateInvitation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: z.input<typeof createInvitationSchema>) =>
      request('POST', 'invitations', { schema: createdInvitationSchema, body }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.invitations }),
  })
}

export function useWithdrawInvitation(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => request('DELETE', `invitations/${encodeURIComponent(id)}`, { schema: noAnswer }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.invitations }),
  })
}

/** What a link offers; nothing is used up. What the gate has refused is not asked again. */
export function useOffer(token: string | undefined) {
  return useQuery({
    queryKey: ['offer', token],
    queryFn: () => request('POST', invitationPath, { schema: offerSchema, body: { token } }),
    enabled: token !== undefined,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    retry: (tries, error) => tries < 2 && error instanceof ApiError && error.status === 0,
  })
}

export function useAcceptInvitation() {
  return useMutation({
    mutationFn: (body: z.input<typeof acceptInvitationSchema>) =>
      request('POST', invitationPath, { schema: sessionSchema, body }),
  })
}
