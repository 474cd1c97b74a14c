import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { GateError } from '../../contract/errorCodes.ts'
import { idSchema } from '../../contract/ids.ts'
import { saveDraftSchema, savedDraftSchema, workflowDraftSchema } from '../../contract/workflowDrafts.ts'
import type { SavedDraft, WorkflowDraft } from '../../contract/workflowDrafts.ts'
import { requireAdminister, requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'
import type { WorkflowDrafts } from '../workflowDrafts.ts'

const params = z.object({ id: idSchema })

const saveRoute = createRoute({
  method: 'post',
  path: '/workflows/drafts',
  summary: 'Hand a workflow to the owner’s window, which asks whether to publish it; publishes nothing by itself',
  request: { body: jsonBody(saveDraftSchema) },
  responses: { 201: jsonAnswer(savedDraftSchema, 'It waits for an hour, or until your next one'), ...commonRefusals },
})

const listRoute = createRoute({
  method: 'get',
  path: '/workflows/drafts',
  summary: 'Workflows that wait to be published',
  responses: {
    200: jsonAnswer(z.object({ items: z.array(savedDraftSchema) }), 'The newest first'),
    ...commonRefusals,
  },
})

const readRoute = createRoute({
  method: 'get',
  path: '/workflows/drafts/{id}',
  summary: 'One of them with its nodes',
  request: { params },
  responses: { 200: jsonAnswer(workflowDraftSchema, 'The draft'), ...commonRefusals },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/workflows/drafts/{id}',
  summary: 'Put one away',
  request: { params },
  responses: { 204: noContent, ...commonRefusals },
})

const describe = ({ id, name, by, savedAt, fromApp, nodes }: WorkflowDraft): SavedDraft => ({
  id,
  name,
  by,
  savedAt,
  fromApp,
  nodes,
})

/**
 * What administrators want to publish from ComfyUI's page. A session of that page never administers, because custom
 * nodes' scripts run with it: it may only leave a draft, and nothing of it counts before the owner's window says so.
 */
export function createWorkflowDraftsResource(drafts: WorkflowDrafts) {
  return createRouter()
    .openapi(saveRoute, (c) => {
      // Of administrators alone, also where they may not administer.
      const { accountId, name, credential } = requirePermission(c.env.context, 'packs')
      const fromApp = credential.kind === 'session' && credential.fromOwnerWindow
      return c.json(describe(drafts.save(c.req.valid('json'), { accountId, name, fromApp })), 201)
    })
    .openapi(listRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json({ items: drafts.list().map(describe) }, 200)
    })
    .openapi(readRoute, (c) => {
      requireAdminister(c.env.context)
      const draft = drafts.find(c.req.valid('param').id)
      if (draft === undefined) {
        throw new GateError(
          'NOT_FOUND',
          'This workflow no longer waits to be published. Press Publish in ComfyUI again.',
        )
      }
      return c.json(draft, 200)
    })
    .openapi(removeRoute, (c) => {
      requireAdminister(c.env.context)
      drafts.remove(c.req.valid('param').id)
      return c.body(null, 204)
    })
}
