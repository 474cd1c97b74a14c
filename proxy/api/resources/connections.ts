import { createRoute } from '@hono/zod-openapi'
import { connectionSchema } from '../../contract/sharing.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer } from '../router.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/connections',
  summary: 'Who is here now',
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(connectionSchema), 'Connections'), ...commonRefusals },
})

/** Who is connected, for administrators. */
export function createConnectionsResource({ connections }: OwnApplicationDependencies) {
  return createRouter().openapi(listRoute, (c) => {
    requireAdminister(c.env.context)
    return c.json(toPage(connections.list(), c.req.valid('query')), 200)
  })
}
