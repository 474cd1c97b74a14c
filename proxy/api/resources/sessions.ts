import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import { accountIdSchema, deviceSessionSchema } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import type { Principal } from '../../pipeline/requestContext.ts'
import { mayAdminister } from '../../policy/rights.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { describeSession } from '../describe.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, noContent } from '../router.ts'

const ofUser = { userId: accountIdSchema.optional() }

const listRoute = createRoute({
  method: 'get',
  path: '/sessions',
  summary: "Devices that are signed in: one's own, or with the right to administer `userId`'s",
  request: { query: pageQuerySchema.extend(ofUser) },
  responses: { 200: jsonAnswer(pageSchema(deviceSessionSchema), 'Sessions, newest first'), ...commonRefusals },
})

const endAllRoute = createRoute({
  method: 'delete',
  path: '/sessions',
  summary: 'Sign out every device but this one',
  request: { query: z.object(ofUser) },
  responses: { 204: noContent, ...commonRefusals },
})

const endRoute = createRoute({
  method: 'delete',
  path: '/sessions/{id}',
  summary: 'Sign out one device',
  request: { params: z.object({ id: z.string().max(40) }) },
  responses: { 204: noContent, ...commonRefusals },
})

const currentSessionId = ({ credential }: Principal): string | undefined =>
  credential.kind === 'session' ? credential.sessionId : undefined

/** Signed-in devices. The owner's own window is not among them: it ends with the app. */
export function createSessionsResource({ stores }: OwnApplicationDependencies) {
  const holderOf = (principal: Principal, userId: string | undefined): string => {
    if (userId === undefined || userId === principal.accountId) return principal.accountId
    if (mayAdminister(principal)) return userId
    throw new GateError('PERMISSION_DENIED', 'You can see and end your own devices only.')
  }
  return createRouter()
    .openapi(listRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'account')
      const { userId, ...page } = c.req.valid('query')
      const sessions = await stores.sessions.list(holderOf(principal, userId))
      const devices = sessions.filter((session) => !session.fromOwnerWindow)
      const current = currentSessionId(principal)
      return c.json(
        toPage(
          devices.map((session) => describeSession(session, current)),
          page,
        ),
        200,
      )
    })
    .openapi(endAllRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'account')
      const holder = holderOf(principal, c.req.valid('query').userId)
      const by = toActedBy(principal, c.env.context.clientAddress)
      await stores.sessions.endAllOf(holder, by, currentSessionId(principal))
      return c.body(null, 204)
    })
    .openapi(endRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'account')
      const session = await stores.sessions.find(c.req.valid('param').id)
      const isReachable =
        session !== undefined &&
        !session.fromOwnerWindow &&
        (session.accountId === principal.accountId || mayAdminister(principal))
      if (!isReachable) throw new GateError('NOT_FOUND', 'There is no such device.')
      await stores.sessions.end(session.id, toActedBy(principal, c.env.context.clientAddress))
      return c.body(null, 204)
    })
}
