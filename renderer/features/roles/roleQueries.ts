import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { z } from 'zod'
import { modelFilesSchema, nodeListSchema } from '../../../proxy/contract/nodeAnswers.ts'
import type { allowNodesSchema, forbidNodesSchema, seenSchema } from '../../../proxy/contract/nodeAnswers.ts'
import { probeResultSchema, rolePreviewSchema } from '../../../proxy/contract/reach.ts'
import type { RoleDraft } from '../../../proxy/contract/reach.ts'
import { roleAnswerSchema } from '../../../proxy/contract/roleRules.ts'
import type { changeRoleSchema, createRoleSchema } from '../../../proxy/contract/roleRules.ts'
import { noAnswer, request, requestAll } from '../../api/client.ts'
import { queryKeys } from '../../api/queryKeys.ts'

const path = (id: string): string => `roles/${encodeURIComponent(id)}`

/** Every role, those that are always there first. */
export function useRoles() {
  return useQuery({
    queryKey: queryKeys.roles,
    queryFn: () => requestAll('roles', roleAnswerSchema),
  })
}

function useRefreshRoles() {
  const client = useQueryClient()
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: queryKeys.roles }),
      client.invalidateQueries({ queryKey: queryKeys.nodes }),
      client.invalidateQueries({ queryKey: queryKeys.reach }),
    ])
}

export function useCopyRole() {
  const refresh = useRefreshRoles()
  return useMutation({
    mutationFn: (body: z.input<typeof createRoleSchema>) =>
      request('POST', 'roles', { schema: roleAnswerSchema, body }),
    onSuccess: refresh,
  })
}

export function useChangeRole(id: string) {
  const refresh = useRefreshRoles()
  return useMutation({
    mutationFn: (body: z.input<typeof changeRoleSchema>) =>
      request('PATCH', path(id), { schema: roleAnswerSchema, body }),
    onSuccess: refresh,
  })
}

export function useRemoveRole(id: string) {
  const refresh = useRefreshRoles()
  return useMutation({
    mutationFn: () => request('DELETE', path(id), { schema: noAnswer }),
    onSuccess: refresh,
  })
}

/** Every class of nodes as the role meets it. */
export function useNodes(role: string) {
  return useQuery({
    queryKey: queryKeys.nodesOf(role),
    queryFn: () => request('GET', 'nodes', { schema: nodeListSchema, query: { role } }),
  })
}

export function useAllowNodes() {
  const refresh = useRefreshRoles()
  return useMutation({
    mutationFn: (body: z.input<typeof allowNodesSchema>) => request('POST', 'nodes/allow', { schema: noAnswer, body }),
    onSettled: refresh,
  })
}

export function useForbidNodes() {
  const refresh = useRefreshRoles()
  return useMutation({
    mutationFn: (body: z.input<typeof forbidNodesSchema>) =>
      request('POST', 'nodes/forbid', { schema: noAnswer, body }),
    onSettled: refresh,
  })
}

/** Notes that the owner has looked at these, as they are. */
export function useMarkSeen() {
  const refresh = useRefreshRoles()
  return useMutation({
    mutationFn: (body: z.input<typeof seenSchema>) => request('POST', 'nodes/seen', { schema: noAnswer, body }),
    onSettled: refresh,
  })
}

/** The files of every kind of model. */
export function useModels() {
  return useQuery({
    queryKey: queryKeys.models,
    queryFn: async () => (await request('GET', 'models', { schema: modelFilesSchema })).items,
  })
}

/** What the role reaches, as it is or as if the draft had been saved. */
export function usePreview(role: string, draft?: RoleDraft) {
  return useQuery({
    queryKey: queryKeys.reachOf(role, draft),
    queryFn: () => request('POST', 'roles/preview', { schema: rolePreviewSchema, body: { role, draft } }),
    // Computed, and worth to be computed anew each time somebody looks.
    gcTime: 0,
  })
}

/** Sends requests as somebody of that role would, and looks at the answers. */
export function useProbe(role: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (draft?: RoleDraft) =>
      request('POST', `${path(role)}/probe`, { schema: probeResultSchema, body: { draft } }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.reach }),
  })
}
