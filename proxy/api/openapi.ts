import { z } from 'zod'
import { SESSION_COOKIE } from '../core/cookieNames.ts'
import type { ApiRouter } from './router.ts'

export const apiPrefix = '/gatehouse/api/v1'

/** Describes the event stream, which is answered outside the router. */
export function registerEvents(router: ApiRouter): void {
  router.openAPIRegistry.registerPath({
    method: 'get',
    path: `${apiPrefix}/events`,
    summary:
      "Server-sent events: which of one's own things changed; with the right to administer everything, and new log lines",
    responses: { 200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } } },
  })
}

/** The OpenAPI 3.1 document of the API. */
export function createOpenApiDocument(router: ApiRouter, version: string): object {
  router.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' })
  router.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
  })
  return router.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version,
      description:
        'Errors are problem details (RFC 9457) with a stable `code`. Lists page with `cursor` and `limit`. A key goes into `Authorization: Bearer`.',
    },
    security: [{ key: [] }, { session: [] }],
  })
}
