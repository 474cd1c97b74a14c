import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { certificatesSchema } from '../../../proxy/contract/certificates.ts'
import type { Renewed } from '../../../proxy/contract/certificates.ts'
import { request } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { invokeDesktop } from '../../desktop/desktop.ts'

export function useCertificates() {
  return useQuery({
    queryKey: queryKeys.certificates,
    queryFn: () => request('GET', 'certificates', { schema: certificatesSchema }),
  })
}

export function useRenewCertificate() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (what: Renewed) =>
      request('POST', 'certificates/renew', { schema: certificatesSchema, body: { what } }),
    onSuccess: (certificates) => client.setQueryData(queryKeys.certificates, certificates),
  })
}

/** By the system's own dialogs: a page names no file of this computer. */
export function usePickCertificate() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => invokeDesktop('certificate:pick'),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.certificates }),
  })
}
