import { useMutation, useQuery } from '@tanstack/react-query'
import { guestEntrySchema } from '../../../proxy/contract/accounts.ts'
import { noAnswer, request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

/** Whether the door is open to guests, asked by whoever stands before it. */
export function useGuestEntry() {
  return useQuery({
    queryKey: queryKeys.guestEntry,
    queryFn: () => request('GET', 'session/guest', { schema: guestEntrySchema }),
    retry: false,
  })
}

export function useEnterAsGuest() {
  return useMutation({ mutationFn: () => request('POST', 'session/guest', { schema: noAnswer }) })
}
