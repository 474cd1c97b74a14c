import { createRoute } from '@hono/zod-openapi'
import { toActedBy } from '../../accounts/actedBy.ts'
import { clearSessionCookie, createSessionCookie } from '../../accounts/sessionCookie.ts'
import { sessionSchema, signInSchema } from '../../contract/accounts.ts'
import type { SessionAnswer } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import type { Principal } from '../../pipeline/requestContext.ts'
import { decideManager, mayAdminister } from '../../policy/rights.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { describePrincipal } from '../describe.ts'
import { requirePrincipal } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const describeSelf = (principal: Principal, managerFromOtherDevices: boolean): SessionAnswer => {
  const { credential } = principal
  return {
    user: describePrincipal(principal),
    surface: credential.kind === 'apiKey' ? 'key' : credential.surface,
    mayAdminister: mayAdminister(principal),
    mayUseManager: decideManager(principal, managerFromOtherDevices).allowed,
    isInApp: credential.kind === 'session' && (credential.surface === 'owner' || credential.fromOwnerWindow),
  }
}

const getRoute = createRoute({
  method: 'get',
  path: '/session',
  summary: 'Who am I',
  responses: { 200: jsonAnswer(sessionSchema, 'The person behind the credential'), ...commonRefusals },
})

const createSessionRoute = createRoute({
  method: 'post',
  path: '/session',
  summary: 'Sign in with name and password; sets the session cookie',
  security: [],
  request: { body: jsonBody(signInSchema) },
  responses: { 200: jsonAnswer(sessionSchema, 'Signed in'), ...commonRefusals },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/session',
  summary: 'Sign out',
  responses: { 204: noContent, ...commonRefusals },
})

/** Signing in and out, and who is asking. */
export function createSessionResource({ stores }: OwnApplicationDependencies) {
  const managerFromOtherDevices = (): boolean => stores.settings.get('comfyui.managerFromOtherDevices')
  return createRouter()
    .openapi(getRoute, (c) => c.json(describeSelf(requirePrincipal(c.env.context), managerFromOtherDevices()), 200))
    .openapi(createSessionRoute, async (c) => {
      const { context } = c.env
      if (context.listener !== 'public') {
        throw new GateError('PERMISSION_DENIED', 'Signing in with a password works on the address that people use.')
      }
      const { username, password } = c.req.valid('json')
      const { token, session, account } = await stores.signIns.signIn({
        userName: username,
        password,
        clientAddress: context.clientAddress,
        secure: context.secure,
        userAgent: c.req.header('user-agent'),
      })
      const maxAgeSeconds = stores.settings.get('sessions.absoluteDays') * 86_400
      c.header('set-cookie', createSessionCookie(token, { secure: context.secure, maxAgeSeconds }))
      const credential = { kind: 'session', sessionId: session.id, surface: 'people', fromOwnerWindow: false } as const
      const principal = { accountId: account.id, name: account.name, role: account.role, credential }
      return c.json(describeSelf(principal, managerFromOtherDevices()), 200)
    })
    .openapi(deleteRoute, async (c) => {
      const { context } = c.env
      const principal = requirePrincipal(context)
      if (principal.credential.kind !== 'session') {
        throw new GateError('BAD_REQUEST', 'A key is not signed out. Revoke it under "keys".')
      }
      await stores.sessions.end(principal.credential.sessionId, toActedBy(principal, context.clientAddress))
      c.header('set-cookie', clearSessionCookie(context.secure))
      c.header('clear-site-data', '"cache", "storage"')
      return c.body(null, 204)
    })
}
