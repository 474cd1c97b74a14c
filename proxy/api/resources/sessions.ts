import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import { accountIdSchema, deviceSessionSchema } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import type { Principal } from '../../pipeline/requestContext.ts'
import { mayAdminister } from '../../policy/rights.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { describeSession, describeToken } from '../describe.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, noContent } from '../router.ts'

const ofUser = { userId: accountIdSchema.optional() }

const listRoute = createRoute({
  method: 'get',
  path: '/sessions',
  summary: "Devices that are signed in, and tokens: one's own, or with the right to administer `userId`'s",
  request: { query: pageQuerySchema.extend(ofUser) },
  responses: { 200: jsonAnswer(pageSchema(deviceSessionSchema), 'Sessions, newest first'), ...commonRefusals },
})

const endAllRoute = createRoute({
  method: 'delete',
  path: '/sessions',
  summary: 'Sign out every device but this one, and end every token',
  request: { query: z.object(ofUser) },
  responses: { 204: noContent, ...commonRefusals },
})

const endRoute = createRoute({
  method: 'delete',
  path: '/sessions/{id}',
  summary: 'Sign out one device, or end one token',
  request: { params: z.object({ id: z.string().max(40) }) },
  responses: { 204: noContent, ...commonRefusals },
})

function findCurrentId({ credential }: Principal): string | undefined {
  if (credential.kind === 'apiKey') return undefined
  return credential.kind === 'token' ? credential.tokenId : credential.sessionId
}

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
      const holder = holderOf(principal, userId)
      const [sessions, tokens] = await Promise.all([stores.sessions.list(holder), stores.tokens.list(holder)])
      const devices = sessions.filter((session) => !session.fromOwnerWindow)
      const current = findCurrentId(principal)
      const all = [
        ...devices.map((session) => describeSession(session, current)),
        ...tokens.map((token) => describeToken(token, current)),
      ]
      all.sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      return c.json(toPage(all, page), 200)
    })
    .openapi(endAllRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'account')
      const holder = holderOf(principal, c.req.valid('query').userId)
      const by = toActedBy(principal, c.env.context.clientAddress)
      const current = findCurrentId(principal)
      await stores.sessions.endAllOf(holder, by, current)
      await stores.tokens.revokeAllOf(holder, by, current)
      return c.body(null, 204)
    })
    .openapi(endRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'account')
      const by = toActedBy(principal, c.env.context.clientAddress)
      const { id } = c.req.valid('param')
      const isReachable = (accountId: string): boolean => accountId === principal.accountId || mayAdminister(principal)
      const session = await stores.sessions.find(id)
      const token = await stores.tokens.find(id)
      if (session?.fromOwnerWindow === false && isReachable(session.accountId)) await stores.sessions.end(id, by)
      else if (token !== undefined && isReachable(token.accountId)) await stores.tokens.revoke(id, by)
      else throw new GateError('NOT_FOUND', 'There is no such device.')
      return c.body(null, 204)
    })
}
