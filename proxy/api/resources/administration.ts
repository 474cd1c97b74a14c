import { createRoute } from '@hono/zod-openapi'
import { administrationSchema } from '../../contract/administration.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer } from '../router.ts'

const getRoute = createRoute({
  method: 'get',
  path: '/administration',
  summary: 'Whether and where administrators manage Gatehouse from other devices; the settings administration.* say so',
  responses: { 200: jsonAnswer(administrationSchema, 'Managing from other devices'), ...commonRefusals },
})

/** Managing from other devices. */
export function createAdministrationResource({ administration }: Pick<OwnApplicationDependencies, 'administration'>) {
  return createRouter().openapi(getRoute, (c) => {
    requireAdminister(c.env.context)
    return c.json(administration.describe(), 200)
  })
}
