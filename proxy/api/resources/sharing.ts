import { createRoute, z } from '@hono/zod-openapi'
import { toActedBy } from '../../accounts/actedBy.ts'
import { setSharingSchema, shareHereSchema, sharingSchema } from '../../contract/sharing.ts'
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

const networkRoute = createRoute({
  method: 'put',
  path: '/sharing/network',
  summary: 'Share in the network this computer is in, or not',
  request: { body: jsonBody(shareHereSchema) },
  responses: { 200: jsonAnswer(sharingSchema, 'Sharing as it is now'), ...commonRefusals },
})

const addressRoute = createRoute({
  method: 'put',
  path: '/sharing/address',
  summary: 'Say that people have the address of now',
  request: { body: jsonBody(z.object({})) },
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
    .openapi(networkRoute, async (c) => {
      const { context } = c.env
      const by = toActedBy(requireAdminister(context), context.clientAddress)
      const { network, share } = c.req.valid('json')
      await sharing.answerNetwork(network, share)
      const name = sharing.describe().network?.name ?? ''
      stores.audit.record({ ...by, event: 'network.changed', details: { name, shared: share } })
      return c.json(sharing.describe(), 200)
    })
    .openapi(addressRoute, async (c) => {
      requireAdminister(c.env.context)
      await sharing.acceptAddress()
      return c.json(sharing.describe(), 200)
    })
}
