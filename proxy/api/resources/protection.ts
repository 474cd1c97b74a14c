import { createRoute } from '@hono/zod-openapi'
import { toActedBy } from '../../accounts/actedBy.ts'
import { countOutcomes, protectionStateSchema, startProtectionSchema } from '../../contract/protection.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'

const getRoute = createRoute({
  method: 'get',
  path: '/protection',
  summary: 'How far the check of the protection is, and what the last one found',
  responses: { 200: jsonAnswer(protectionStateSchema, 'Progress and report'), ...commonRefusals },
})

const startRoute = createRoute({
  method: 'post',
  path: '/protection',
  summary: 'Attack a throw-away gate, and this one where it refuses by itself, and report what held',
  request: { body: jsonBody(startProtectionSchema) },
  responses: { 202: jsonAnswer(protectionStateSchema, 'It has begun'), ...commonRefusals },
})

/** "Check my protection", for administrators. */
export function createProtectionResource({ stores, protection }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(getRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json(protection.describe(), 200)
    })
    .openapi(startRoute, (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      protection.start(c.req.valid('json').running, ({ cases, tookMs }) => {
        stores.audit.record({ ...by, event: 'protection.checked', details: { ...countOutcomes(cases), tookMs } })
      })
      return c.json(protection.describe(), 202)
    })
}
