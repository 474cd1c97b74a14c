import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import { RoleNodes } from '../../accounts/roleNodes.ts'
import { GateError } from '../../contract/errorCodes.ts'
import {
  allowNodesSchema,
  engineRouteListSchema,
  forbidNodesSchema,
  modelFilesSchema,
  nodeListSchema,
  seenSchema,
} from '../../contract/nodeAnswers.ts'
import { nodeVerdictSchema } from '../../contract/nodes.ts'
import { roleIdSchema } from '../../contract/roleRules.ts'
import type { JudgedNode } from '../../nodes/nodeRights.ts'
import { withAllowed, withForbidden } from '../../policy/nodeAllowances.ts'
import { createNodeJudge } from '../../policy/nodeVerdict.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const listQuerySchema = z.object({
  role: roleIdSchema,
  /** Part of the name, the title or the pack; letters count alike. */
  search: z.string().max(200).optional(),
  verdict: nodeVerdictSchema.optional(),
})

const listRoute = createRoute({
  method: 'get',
  path: '/nodes',
  summary: 'Every class of nodes as a role meets it',
  request: { query: listQuerySchema },
  responses: { 200: jsonAnswer(nodeListSchema, 'Classes by name'), ...commonRefusals },
})

const seenRoute = createRoute({
  method: 'post',
  path: '/nodes/seen',
  summary: 'Note that the owner has looked at these classes and addresses, exactly as they are',
  request: { body: jsonBody(seenSchema) },
  responses: { 204: noContent, ...commonRefusals },
})

const allowRoute = createRoute({
  method: 'post',
  path: '/nodes/allow',
  summary: 'Allow classes to a role, exactly as they were looked at',
  request: { body: jsonBody(allowNodesSchema) },
  responses: { 204: noContent, ...commonRefusals },
})

const forbidRoute = createRoute({
  method: 'post',
  path: '/nodes/forbid',
  summary: 'Take allowances back, and forbid classes that are harmless',
  request: { body: jsonBody(forbidNodesSchema) },
  responses: { 204: noContent, ...commonRefusals },
})

const modelsRoute = createRoute({
  method: 'get',
  path: '/models',
  summary: 'The files of every kind of model that ComfyUI lists, whoever may see them',
  responses: { 200: jsonAnswer(modelFilesSchema, 'By kind'), ...commonRefusals },
})

const routesRoute = createRoute({
  method: 'get',
  path: '/engine-routes',
  summary: 'Every address that ComfyUI and its custom nodes answer at',
  responses: { 200: jsonAnswer(engineRouteListSchema, 'With what the owner has not looked at yet'), ...commonRefusals },
})

/** Classes of nodes, model files and addresses of the engine, and which of them are for whom. For administrators. */
export function createNodesResource(dependencies: OwnApplicationDependencies) {
  const { nodes, stores, clock } = dependencies
  const { database, audit, changes } = stores
  const roleNodes = new RoleNodes({ kysely: database.kysely, clock, audit, changes })
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireAdminister(c.env.context)
      const { role: id, search, verdict } = c.req.valid('query')
      const role = await stores.roles.get(id)
      const all = await nodes.list(role.nodes, role.id === 'administrator')
      const items = (all ?? []).filter((node) => fits(node, search) && (verdict ?? node.verdict) === node.verdict)
      return c.json({ known: all !== undefined, problem: nodes.problem ?? null, items: items.map(toAnswer) }, 200)
    })
    .openapi(seenRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const looked = c.req.valid('json')
      const count = await nodes.markSeen(looked.nodes, looked.routes)
      stores.audit.record({ event: 'nodes.seen', ...by, details: { count } })
      return c.body(null, 204)
    })
    .openapi(allowRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const { role, nodes: looked } = c.req.valid('json')
      for (const one of looked) if (!(await nodes.isThere(one))) throw notThere(one.name)
      await roleNodes.change(role, (rules) => withAllowed(rules, looked), by)
      return c.body(null, 204)
    })
    .openapi(forbidRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const { role, nodes: names } = c.req.valid('json')
      const { nodes: before } = await stores.roles.get(role)
      const known = new Map((await nodes.list(before, false))?.map((node) => [node.name, node]))
      await roleNodes.change(
        role,
        (rules) =>
          withForbidden(rules, names, (name, rest) => {
            const node = known.get(name)
            return node && createNodeJudge(rest)(node, node.unseen === null)
          }),
        by,
      )
      return c.body(null, 204)
    })
    .openapi(modelsRoute, async (c) => {
      const { accountId } = requireAdminister(c.env.context)
      const items = await nodes.listModels(accountId)
      if (items === undefined)
        throw new GateError('ENGINE_UNAVAILABLE', 'ComfyUI is not ready, so its models are unknown.')
      return c.json({ items }, 200)
    })
    .openapi(routesRoute, async (c) => {
      requireAdminister(c.env.context)
      const routes = await nodes.listRoutes()
      return c.json({ known: routes !== undefined, items: routes ?? [] }, 200)
    })
}

function fits({ name, title, pack }: JudgedNode, search = ''): boolean {
  const wanted = search.trim().toLowerCase()
  return [name, title, pack].some((text) => text.toLowerCase().includes(wanted))
}

const toAnswer = (node: JudgedNode) => ({ ...node, risks: [...node.risks] })

const notThere = (name: string): GateError =>
  new GateError(
    'VALIDATION_FAILED',
    `${name} is not there as you looked at it: it changed, or nobody can read it. Look at it again.`,
  )
