import { createRoute } from '@hono/zod-openapi'
import { toActedBy } from '../../accounts/actedBy.ts'
import { certificatesSchema, renewCertificateSchema } from '../../contract/certificates.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'

const getRoute = createRoute({
  method: 'get',
  path: '/certificates',
  summary: 'The certificate of the gate, and what devices trust',
  responses: { 200: jsonAnswer(certificatesSchema, 'Certificates'), ...commonRefusals },
})

const renewRoute = createRoute({
  method: 'post',
  path: '/certificates/renew',
  summary: 'A new certificate, or a new authority, which every device must be told of once more',
  request: { body: jsonBody(renewCertificateSchema) },
  responses: { 200: jsonAnswer(certificatesSchema, 'Certificates as they are now'), ...commonRefusals },
})

/** The gate's certificate. Which one it is (made here, the owner's own, none) is a machine setting. */
export function createCertificatesResource({ certificates }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(getRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json(certificates.describe(), 200)
    })
    .openapi(renewRoute, async (c) => {
      const { context } = c.env
      const by = toActedBy(requireAdminister(context), context.clientAddress)
      await certificates.renew(c.req.valid('json').what, by)
      return c.json(certificates.describe(), 200)
    })
}
