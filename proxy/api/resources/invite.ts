import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { describeDevice } from '../../accounts/deviceName.ts'
import { createSignInCookies } from '../../accounts/sessionCookie.ts'
import { findDeviceToken } from '../../http/credentials.ts'
import { sessionSchema } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { acceptInvitationSchema, invitationPath, offerSchema } from '../../contract/invitations.ts'
import type { RequestContext } from '../../pipeline/requestContext.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'
import { describeNewSession } from './session.ts'

const acceptRoute = createRoute({
  method: 'post',
  path: invitationPath,
  summary: 'Look at what a link offers, or with a password accept it: it is used up, and sets the session cookie',
  security: [],
  request: { body: jsonBody(acceptInvitationSchema) },
  responses: {
    200: jsonAnswer(z.union([sessionSchema, offerSchema]), 'Who one is now, or without a password what is offered'),
    ...commonRefusals,
  },
})

/** Public: whoever holds a link. The token comes in the body, never in the address. */
export function createInviteResource({ stores }: OwnApplicationDependencies) {
  return createRouter().openapi(acceptRoute, async (c) => {
    const { context } = c.env
    if (context.listener !== 'public') {
      throw new GateError('PERMISSION_DENIED', 'Invitations are accepted on the address that people use.')
    }
    const { token, name, password } = c.req.valid('json')
    const { clientAddress, secure } = context
    if (password === undefined) {
      const { kind, name: offered, role, expiresAtMs } = await stores.invitationUse.look({ token, clientAddress })
      const roleTitle = (await stores.roles.get(role)).title
      return c.json({ kind, name: offered, roleTitle, expiresAt: new Date(expiresAtMs).toISOString() }, 200)
    }
    const userAgent = c.req.header('user-agent')
    const entered = await stores.invitationUse.accept({ token, name, password, clientAddress, secure, userAgent })
    const known = findDeviceToken(c.env.incoming.headers.cookie, secure)
    const deviceToken = await stores.devices.remember(known, entered.account.id, describeDevice(userAgent))
    const cookies = createSignInCookies(stores, context, { token: entered.token, deviceToken })
    for (const line of cookies) c.header('set-cookie', line, { append: true })
    return c.json(await describeNewSession(stores, entered), 200)
  })
}

export const isInvitationUse = ({ method, target }: RequestContext): boolean =>
  method === 'POST' && target.path === invitationPath
