import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { formatLosslessJson, isObject } from '../../comfyui/losslessJson.ts'
import type { JsonObject } from '../../comfyui/losslessJson.ts'
import { GateError } from '../../contract/errorCodes.ts'
import {
  managedWorkflowSchema,
  runWorkflowSchema,
  startedRunSchema,
  workflowCanvasSchema,
  workflowIdSchema,
  workflowSchema,
} from '../../contract/workflows.ts'
import { toRunRefusal } from '../../workflows/invalidRun.ts'
import { readLosslessBody } from '../../workflows/publication.ts'
import { SANDBOX_CONTENT_POLICY } from '../../http/securityHeaders.ts'
import type { Principal, RequestContext } from '../../pipeline/requestContext.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister, requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'
import { WorkflowAnswers } from '../workflowAnswers.ts'

const NOTHING: JsonObject = new Map()

const params = z.object({ id: workflowIdSchema })

const listRoute = createRoute({
  method: 'get',
  path: '/workflows',
  summary:
    'Workflows that were made ready for one; with `all` and the right to administer everybody’s, with who may run them',
  request: { query: pageQuerySchema.extend({ all: z.enum(['true', 'false']).optional() }) },
  responses: {
    200: jsonAnswer(pageSchema(z.union([managedWorkflowSchema, workflowSchema])), 'Workflows, by name'),
    ...commonRefusals,
  },
})

const readRoute = createRoute({
  method: 'get',
  path: '/workflows/{id}',
  summary: 'One workflow, and what of it may be changed',
  request: { params },
  responses: { 200: jsonAnswer(workflowSchema, 'The workflow'), ...commonRefusals },
})

const canvasRoute = {
  method: 'get',
  path: '/workflows/{id}/canvas',
  summary: 'The workflow as ComfyUI’s page opens it',
  request: { params },
  responses: { 200: jsonAnswer(workflowCanvasSchema, 'Its nodes; numbers with all their digits'), ...commonRefusals },
} as const

const pictureRoute = {
  method: 'get',
  path: '/workflows/{id}/picture',
  summary: 'The picture that the owner gave it',
  request: { params },
  responses: {
    200: { description: 'The picture', content: { 'image/webp': { schema: z.string() } } },
    ...commonRefusals,
  },
} as const

const runRoute = createRoute({
  method: 'post',
  path: '/workflows/{id}/run',
  summary: 'Run a workflow; what is not named is as published, and a seed is drawn',
  request: { params, body: jsonBody(runWorkflowSchema) },
  responses: { 201: jsonAnswer(startedRunSchema, 'It waits in the line, or runs'), ...commonRefusals },
})

/** Workflows that people run and do not change. Publishing stands in workflowManagement.ts. */
export function createWorkflowsResource({ workflows }: Pick<OwnApplicationDependencies, 'workflows'>) {
  const answers = new WorkflowAnswers(workflows)
  const { store, runs, engine } = workflows
  const router = createRouter()
  router
    .openapi(listRoute, async (c) => {
      const { all, ...page } = c.req.valid('query')
      if (all === 'true') {
        return c.json(toPage(await answers.listManaged(requireAdminister(c.env.context)), page), 200)
      }
      return c.json(toPage(await answers.list(requireWorkflows(c.env.context)), page), 200)
    })
    .openapi(readRoute, async (c) => {
      const principal = requireWorkflows(c.env.context)
      return c.json(await answers.get(principal, c.req.valid('param').id), 200)
    })
    .openapi(runRoute, async (c) => {
      const { context, body } = c.env
      const principal = requireWorkflows(context)
      const record = await answers.getRecord(principal, c.req.valid('param').id)
      const given = body === undefined ? undefined : readLosslessBody(body).get('inputs')
      const run = await runs.prepare(principal, record.id, isObject(given) ? given : NOTHING)
      const started = await engine().start(context, principal, run)
      if (started.kind === 'invalid') throw toRunRefusal(started.answer, record.inputs)
      return c.json({ jobId: started.id, workflow: run.workflow, inputs: { ...run.inputs } }, 201)
    })
  // Answers whose bytes are as they are stored: numbers would lose digits on their way through JavaScript.
  router.get('/workflows/:id/canvas', async (c) => {
    const { id } = await getRecord(c.env.context, c.req.param('id'))
    const { version, nodes, canvas } = (await store.findVersion(id)) ?? refuseUnknown('There is no such workflow.')
    const text = `{"version":${String(version)},"prompt":${formatLosslessJson(nodes)},"canvas":${canvas ?? 'null'}}`
    return c.body(text, 200, { 'content-type': 'application/json' })
  })
  router.get('/workflows/:id/picture', async (c) => {
    const { id } = await getRecord(c.env.context, c.req.param('id'))
    const picture = (await store.findPicture(id)) ?? refuseUnknown('It has no picture.')
    const headers = { 'content-type': picture.type, 'content-security-policy': SANDBOX_CONTENT_POLICY }
    return c.body(new Uint8Array(picture.bytes), 200, headers)
  })
  router.openAPIRegistry.registerPath(canvasRoute)
  router.openAPIRegistry.registerPath(pictureRoute)
  return router

  function getRecord(context: RequestContext, id: string) {
    return answers.getRecord(requireWorkflows(context), id)
  }
}

const requireWorkflows = (context: RequestContext): Principal => requirePermission(context, 'workflows')

function refuseUnknown(message: string): never {
  throw new GateError('NOT_FOUND', message)
}
