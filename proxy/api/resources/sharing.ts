import { createRoute } from '@hono/zod-openapi'
import { toActedBy } from '../../accounts/actedBy.ts'
import { setSharingSchema, sharingSchema } from '../../contract/sharing.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'

const getRoute = createRoute({
  method: 'get',
  path: '/sharing',
  summary: 'Whether and where others can reach this computer',
  responses: { 200: jsonAnswer(sharingSchema, 'Sharing'), ...commonRefusals },
})

const putRoute = createRoute({
  method: 'put',
  path: '/sharing',
  summary: 'Switch sharing on or off',
  request: { body: jsonBody(setSharingSchema) },
  responses: { 200: jsonAnswer(sharingSchema, 'Sharing as it is now'), ...commonRefusals },
})

/** The sharing switch. */
export function createSharingResource({ stores, sharing }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(getRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json(sharing.describe(), 200)
    })
    .openapi(putRoute, async (c) => {
      const { context } = c.env
      const by = toActedBy(requireAdminister(context), context.clientAddress)
      const { on } = c.req.valid('json')
      await sharing.set(on)
      stores.audit.record({ ...by, event: 'sharing.changed', details: { on } })
      return c.json(sharing.describe(), 200)
    })
}
