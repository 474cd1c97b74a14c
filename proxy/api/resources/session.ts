import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import type { Account } from '../../accounts/account.ts'
import { enterAsGuest } from '../../accounts/guestEntry.ts'
import { clearSignInCookies, createSignInCookies } from '../../accounts/sessionCookie.ts'
import type { Session } from '../../accounts/sessionStore.ts'
import { findSignInSurface } from '../../accounts/signInSurface.ts'
import { signOut } from '../../accounts/signOut.ts'
import type { Stores } from '../../accounts/stores.ts'
import { toPrincipal } from '../../accounts/storesAuthenticator.ts'
import { guestEntrySchema, sessionSchema, signInSchema } from '../../contract/accounts.ts'
import type { SessionAnswer } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { TOKEN_COOKIE } from '../../core/cookieNames.ts'
import { toIsoOrNull } from '../../core/time.ts'
import { listCookies } from '../../http/credentials.ts'
import type { Credential, Principal } from '../../pipeline/requestContext.ts'
import { decideManager, mayAdminister } from '../../policy/rights.ts'
import { toSignInRequest } from '../../portal/signInRequest.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { describePrincipal } from '../describe.ts'
import { requirePrincipal } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const describeSelf = async (stores: Stores, principal: Principal): Promise<SessionAnswer> => {
  const { credential } = principal
  const account = await stores.accounts.find(principal.accountId)
  return {
    user: describePrincipal(principal),
    roleTitle: principal.roleTitle,
    permissions: [...principal.permissions],
    surface: toSurface(credential),
    mayAdminister: mayAdminister(principal),
    mayUseManager: decideManager(principal, stores.settings.get('comfyui.managerFromOtherDevices')).allowed,
    isInApp: credential.kind === 'session' && (credential.surface === 'owner' || credential.fromOwnerWindow),
    guest: typeof account?.guestAddress === 'string' ? { endsAt: toIsoOrNull(account.expiresAtMs) } : null,
  }
}

/** A token stands for a session of the people's listener. */
function toSurface(credential: Credential): SessionAnswer['surface'] {
  if (credential.kind === 'apiKey') return 'key'
  return credential.kind === 'token' ? 'people' : credential.surface
}

/** What somebody is told who just signed in on the people's listener. */
export async function describeNewSession(
  stores: Stores,
  { session, account }: { readonly session: Session; readonly account: Account },
): Promise<SessionAnswer> {
  const credential = {
    kind: 'session',
    sessionId: session.id,
    surface: session.surface,
    fromOwnerWindow: false,
  } as const
  return describeSelf(stores, toPrincipal({ account, role: await stores.roles.get(account.role) }, credential))
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

const guestEntryRoute = createRoute({
  method: 'get',
  path: '/session/guest',
  summary: 'Whether one may look around as a guest',
  security: [],
  responses: { 200: jsonAnswer(guestEntrySchema, 'Whether, and until when'), ...commonRefusals },
})

const createGuestRoute = createRoute({
  method: 'post',
  path: '/session/guest',
  summary: 'Look around as a guest, without an account; sets the session cookie',
  security: [],
  request: { body: jsonBody(z.object({})) },
  responses: { 200: jsonAnswer(sessionSchema, 'A new guest'), ...commonRefusals },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/session',
  summary: 'Sign out. What a guest made is deleted',
  responses: { 204: noContent, ...commonRefusals },
})

/** Signing in and out, and who is asking. */
export function createSessionResource(dependencies: OwnApplicationDependencies) {
  const { stores } = dependencies
  return createRouter()
    .openapi(getRoute, async (c) => c.json(await describeSelf(stores, requirePrincipal(c.env.context)), 200))
    .openapi(guestEntryRoute, (c) => {
      const { isOpen } = stores.guests
      return c.json({ open: isOpen, endsAt: isOpen ? toIsoOrNull(stores.guests.nextEndMs()) : null }, 200)
    })
    .openapi(createGuestRoute, async (c) => {
      const { context } = c.env
      const { clientAddress, secure } = context
      const entered = await enterAsGuest(stores, context, c.req.header('user-agent'))
      c.header('set-cookie', entered.cookie)
      const presented = { kind: 'sessionCookie', token: entered.token } as const
      const asked = { presented, clientAddress, secure, listener: context.listener }
      return c.json(await describeSelf(stores, await stores.authenticator.authenticate(asked)), 200)
    })
    .openapi(createSessionRoute, async (c) => {
      const { context } = c.env
      const surface = findSignInSurface(context)
      const entered = await stores.signIns.signIn({ ...toSignInRequest(c.env, c.req.valid('json')), surface })
      for (const line of createSignInCookies(stores, context, entered)) c.header('set-cookie', line, { append: true })
      return c.json(await describeNewSession(stores, entered), 200)
    })
    .openapi(deleteRoute, async (c) => {
      const { context } = c.env
      const principal = requirePrincipal(context)
      if (principal.credential.kind === 'apiKey') {
        throw new GateError('BAD_REQUEST', 'A key is not signed out. Revoke it under "keys".')
      }
      const tokenTexts = listCookies(c.env.incoming.headers.cookie, TOKEN_COOKIE)
      await signOut(dependencies, { principal, clientAddress: context.clientAddress, tokenTexts })
      for (const line of clearSignInCookies(context)) c.header('set-cookie', line, { append: true })
      c.header('clear-site-data', '"cache", "storage"')
      return c.body(null, 204)
    })
}
