import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { ActedBy } from '../../accounts/actedBy.ts'
import type { JsonObject } from '../../comfyui/losslessJson.ts'
import { findFormat, isPicture } from '../../comfyui/uploadContent.ts'
import { GateError } from '../../contract/errorCodes.ts'
import {
  changeWorkflowSchema,
  inspectedWorkflowSchema,
  inspectWorkflowSchema,
  managedWorkflowSchema,
  publishWorkflowSchema,
  republishWorkflowSchema,
  starterSchema,
  workflowIdSchema,
} from '../../contract/workflows.ts'
import type { WorkflowInput } from '../../contract/workflows.ts'
import type { RequestContext } from '../../pipeline/requestContext.ts'
import { findPossibleInputs } from '../../workflows/possibleInputs.ts'
import { checkGraph, preparePublication, readLosslessBody } from '../../workflows/publication.ts'
import type { Publication } from '../../workflows/publication.ts'
import { classOf } from '../../workflows/publishedGraph.ts'
import { toAsker } from '../asker.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'
import { WorkflowAnswers } from '../workflowAnswers.ts'

const params = z.object({ id: workflowIdSchema })

const inspectRoute = createRoute({
  method: 'post',
  path: '/workflows/inspect',
  summary: 'What of a workflow could be made changeable, with ranges and choices as ComfyUI says; stores nothing',
  request: { body: jsonBody(inspectWorkflowSchema) },
  responses: { 200: jsonAnswer(inspectedWorkflowSchema, 'Its inputs'), ...commonRefusals },
})

const starterRoute = createRoute({
  method: 'get',
  path: '/workflows/starter',
  summary: 'Why the first share published no ready workflow, if it could not',
  responses: { 200: jsonAnswer(starterSchema, 'In words, or null'), ...commonRefusals },
})

const publishRoute = createRoute({
  method: 'post',
  path: '/workflows',
  summary: 'Publish a workflow in API format',
  request: { body: jsonBody(publishWorkflowSchema) },
  responses: { 201: jsonAnswer(managedWorkflowSchema, 'The workflow'), ...commonRefusals },
})

const republishRoute = createRoute({
  method: 'post',
  path: '/workflows/{id}/versions',
  summary: 'Publish it anew: another version, the earlier ones are kept',
  request: { params, body: jsonBody(republishWorkflowSchema) },
  responses: { 201: jsonAnswer(managedWorkflowSchema, 'The workflow'), ...commonRefusals },
})

const changeRoute = createRoute({
  method: 'patch',
  path: '/workflows/{id}',
  summary: 'Name, words and who may run it; what runs changes only by publishing anew',
  request: { params, body: jsonBody(changeWorkflowSchema) },
  responses: { 200: jsonAnswer(managedWorkflowSchema, 'The workflow'), ...commonRefusals },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/workflows/{id}',
  summary: 'Withdraw it from everybody; its waiting jobs are held and the running one stops',
  request: { params },
  responses: { 204: noContent, ...commonRefusals },
})

const bytes = { schema: z.string() }
const setPictureRoute = createRoute({
  method: 'put',
  path: '/workflows/{id}/picture',
  summary: 'Give it a picture: the body is a PNG, JPEG or WebP file, and is made small',
  request: { params, body: { content: { 'image/png': bytes, 'image/jpeg': bytes, 'image/webp': bytes } } },
  responses: { 204: noContent, ...commonRefusals },
})

const removePictureRoute = createRoute({
  method: 'delete',
  path: '/workflows/{id}/picture',
  summary: 'Take its picture away',
  request: { params },
  responses: { 204: noContent, ...commonRefusals },
})

/** Of what is kept. Wide enough for a card on a large screen; smaller when it takes too much. */
const PICTURE_SIZES = [640, 320] as const
const MAX_PICTURE_BYTES = 256 * 1024

type Dependencies = Pick<OwnApplicationDependencies, 'workflows' | 'thumbnails' | 'stores'>

/** Publishing, and everything about it that the owner decides. */
export function createWorkflowManagement({ workflows, thumbnails, stores }: Dependencies) {
  const answers = new WorkflowAnswers(workflows)
  const { store } = workflows
  return createRouter()
    .openapi(inspectRoute, async (c) => {
      requireAdminister(c.env.context)
      const { nodes } = readGraph(c.env.body)
      const catalog = await workflows.readCatalog()
      const { inputs, suggested } = findPossibleInputs(nodes, catalog)
      const classes = [...new Set([...nodes.values()].map(classOf))]
      return c.json(
        {
          possibleInputs: [...inputs],
          suggested: [...suggested],
          nodes: nodes.size,
          riskyNodes: [...(await workflows.findRisky(classes))],
          problem: describeMissing(classes, catalog),
        },
        200,
      )
    })
    .openapi(starterRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json({ problem: workflows.starter.reason }, 200)
    })
    .openapi(publishRoute, async (c) => {
      const { context, body } = c.env
      const principal = requireAdminister(context)
      const { name, description, inputs, grants } = c.req.valid('json')
      const publication = await prepare(body, inputs)
      const { id } = await store.publish({ name, description, grants, publication }, actedBy(context))
      return c.json(await answers.getManaged(principal, id), 201)
    })
    .openapi(republishRoute, async (c) => {
      const { context, body } = c.env
      const principal = requireAdminister(context)
      const { id } = await store.get(c.req.valid('param').id)
      const publication = await prepare(body, c.req.valid('json').inputs)
      await store.publishAnew(id, publication, actedBy(context))
      return c.json(await answers.getManaged(principal, id), 201)
    })
    .openapi(changeRoute, async (c) => {
      const { context } = c.env
      const principal = requireAdminister(context)
      const { id } = await store.change(c.req.valid('param').id, c.req.valid('json'), actedBy(context))
      return c.json(await answers.getManaged(principal, id), 200)
    })
    .openapi(removeRoute, async (c) => {
      requireAdminister(c.env.context)
      await store.remove(c.req.valid('param').id, actedBy(c.env.context))
      return c.body(null, 204)
    })
    .openapi(setPictureRoute, async (c) => {
      const { context, outgoing, body = Buffer.alloc(0) } = c.env
      const principal = requireAdminister(context)
      const { id } = await store.get(c.req.valid('param').id)
      const small = await shrink(body, (size) => thumbnails.shrink(toAsker(principal, outgoing), body, size))
      await store.setPicture(id, { bytes: small, type: 'image/webp' }, actedBy(context))
      return c.body(null, 204)
    })
    .openapi(removePictureRoute, async (c) => {
      requireAdminister(c.env.context)
      await store.setPicture(c.req.valid('param').id, null, actedBy(c.env.context))
      return c.body(null, 204)
    })

  function readGraph(body: Buffer | undefined): { readonly nodes: JsonObject; readonly sent: JsonObject } {
    const sent = readLosslessBody(body ?? Buffer.alloc(0))
    return { sent, nodes: checkGraph(sent.get('prompt'), stores.settings.get('limits.promptNodes')) }
  }

  async function prepare(body: Buffer | undefined, inputs: WorkflowInput[] | undefined): Promise<Publication> {
    const { nodes, sent } = readGraph(body)
    return preparePublication({ nodes, canvas: sent.get('canvas') }, await workflows.readCatalog(), inputs)
  }
}

const actedBy = (context: RequestContext): ActedBy => toActedBy(requireAdminister(context), context.clientAddress)

/** Written anew by the process for pictures, so that neither place nor workflow goes along. @throws GateError */
async function shrink(picture: Buffer, make: (size: number) => Promise<Buffer>): Promise<Buffer> {
  const format = findFormat(picture.subarray(0, 32))
  if (format === undefined || !isPicture(format)) {
    throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Choose a picture: PNG, JPEG or WebP.')
  }
  for (const size of PICTURE_SIZES) {
    const small = await make(size)
    if (small.length <= MAX_PICTURE_BYTES) return small
  }
  throw new GateError('VALIDATION_FAILED', 'This picture cannot be made small enough.')
}

function describeMissing(classes: readonly string[], catalog: JsonObject | undefined): string | null {
  if (catalog === undefined) return 'ComfyUI does not run: ranges and choices are guessed from the names of the inputs.'
  const missing = classes.filter((name) => !catalog.has(name))
  return missing.length === 0 ? null : `It needs nodes that are not there now: ${missing.slice(0, 5).join(', ')}.`
}
