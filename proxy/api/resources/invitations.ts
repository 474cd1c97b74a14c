import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { Invitation, MadeInvitation } from '../../accounts/invitations.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { idSchema } from '../../contract/ids.ts'
import {
  createInvitationSchema,
  createdInvitationSchema,
  findInvitationAddress,
  toInvitationLink,
  invitationSchema,
} from '../../contract/invitations.ts'
import type { CreatedInvitation, InvitationAnswer } from '../../contract/invitations.ts'
import type { Sharing } from '../../contract/sharing.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/invitations',
  summary: 'Invitations and links for new passwords; those that no longer open anything for a week',
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(invitationSchema), 'Invitations, newest first'), ...commonRefusals },
})

const createInvitationRoute = createRoute({
  method: 'post',
  path: '/invitations',
  summary: 'Invite somebody, or let somebody set a new password; the answer is the only one that carries the link',
  request: { body: jsonBody(createInvitationSchema) },
  responses: { 201: jsonAnswer(createdInvitationSchema, 'The invitation'), ...commonRefusals },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/invitations/{id}',
  summary: 'Withdraw an open invitation',
  request: { params: z.object({ id: idSchema }) },
  responses: { 204: noContent, ...commonRefusals },
})

/** Links that let somebody in once, for administrators. */
export function createInvitationsResource({ stores, sharing }: OwnApplicationDependencies) {
  const { invitations, roles } = stores
  const describe = async (all: readonly Invitation[]): Promise<InvitationAnswer[]> => {
    const titles = new Map((await roles.list()).map(({ id, title }) => [id, title]))
    return all.map((invitation) => toAnswer(invitation, titles.get(invitation.role) ?? invitation.role))
  }
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireAdminister(c.env.context)
      return c.json(toPage(await describe(await invitations.list()), c.req.valid('query')), 200)
    })
    .openapi(createInvitationRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const wanted = c.req.valid('json')
      const made =
        wanted.kind === 'account'
          ? await invitations.invite(wanted, by)
          : await invitations.offerPassword(wanted.accountId, wanted.endKeys, by)
      const [invitation] = await describe([made.invitation])
      if (invitation === undefined) throw new TypeError('an invitation was made and is not described')
      return c.json({ invitation, ...toLink(made, sharing.describe()) }, 201)
    })
    .openapi(deleteRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const isWithdrawn = await invitations.withdraw(c.req.valid('param').id, by)
      if (!isWithdrawn) throw new GateError('NOT_FOUND', 'There is no such open invitation.')
      return c.body(null, 204)
    })
}

/** Chat programs fetch a link to show a picture of it, and proxies log it: what stands behind `#` is not sent. */
function toLink({ token }: MadeInvitation, sharing: Sharing): Omit<CreatedInvitation, 'invitation'> {
  const address = findInvitationAddress(sharing)
  return { token, link: address === null ? null : toInvitationLink(address, token) }
}

const toAnswer = (invitation: Invitation, roleTitle: string): InvitationAnswer => ({
  id: invitation.id,
  kind: invitation.kind,
  role: invitation.role,
  roleTitle,
  name: invitation.name,
  accountId: invitation.accountId,
  state: invitation.state,
  createdAt: new Date(invitation.createdAtMs).toISOString(),
  expiresAt: new Date(invitation.expiresAtMs).toISOString(),
  usedBy: invitation.usedBy ?? null,
})
