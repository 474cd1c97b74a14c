import { createRoute } from '@hono/zod-openapi'
import { toActedBy } from '../../accounts/actedBy.ts'
import { accountSchema, changePasswordSchema } from '../../contract/accounts.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { describeUser } from '../describe.ts'
import { proveOwnPassword } from '../passwordAgain.ts'
import { requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const getRoute = createRoute({
  method: 'get',
  path: '/account',
  summary: "One's own account",
  responses: { 200: jsonAnswer(accountSchema, 'The account'), ...commonRefusals },
})

const passwordRoute = createRoute({
  method: 'put',
  path: '/account/password',
  summary: "Change one's own password; other sessions end",
  request: { body: jsonBody(changePasswordSchema) },
  responses: { 204: noContent, ...commonRefusals },
})

/** One's own account. */
export function createAccountResource({ stores }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(getRoute, async (c) => {
      const account = await stores.accounts.get(requirePermission(c.env.context, 'account').accountId)
      const createdAt = new Date(account.createdAtMs).toISOString()
      return c.json({ user: describeUser(account), hasPassword: account.hasPassword, createdAt }, 200)
    })
    .openapi(passwordRoute, async (c) => {
      const { context } = c.env
      const principal = requirePermission(context, 'account')
      const { currentPassword, newPassword } = c.req.valid('json')
      await proveOwnPassword(stores, context, currentPassword, c.env.incoming.headers.cookie)
      const keep = principal.credential.kind === 'session' ? principal.credential.sessionId : undefined
      await stores.passwords.set(principal.accountId, newPassword, toActedBy(principal, context.clientAddress), keep)
      return c.body(null, 204)
    })
}
