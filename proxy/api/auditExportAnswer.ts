import { once } from 'node:events'
import { z } from 'zod'
import { toActedBy } from '../accounts/actedBy.ts'
import { exportLog } from '../audit/auditExport.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Turn } from './answerBytes.ts'
import type { OwnApplicationDependencies } from './dependencies.ts'
import { apiPrefix } from './openapi.ts'
import { auditFilterSchema, toAuditFilter } from './resources/audit.ts'
import { requireAdminister } from './rights.ts'
import { toValidationRefusal } from './router.ts'
import type { ApiRouter } from './router.ts'

const PATH = `${apiPrefix}/audit/export`
/** Each reads the whole log. */
const MAX_AT_ONCE = 2

const querySchema = auditFilterSchema.extend({ format: z.enum(['csv', 'json']).default('csv') })

const types = { csv: 'text/csv; charset=utf-8; header=present', json: 'application/json; charset=utf-8' } as const

/** Answers the log as a file, row by row: the router would hold it in memory. Undefined for every other path. */
export function createAuditExport({
  stores,
  clock,
}: Pick<OwnApplicationDependencies, 'stores' | 'clock'>): (turn: Turn) => Promise<void> | undefined {
  let running = 0
  const answer = async ({ outgoing, context }: Turn): Promise<void> => {
    const principal = requireAdminister(context)
    if (context.method !== 'GET') {
      throw new GateError('METHOD_NOT_ALLOWED', 'This can only be read.', { details: { allow: ['GET'] } })
    }
    const query = querySchema.safeParse(Object.fromEntries(new URLSearchParams(context.target.search)))
    if (!query.success) throw toValidationRefusal(query.error.issues)
    if (running >= MAX_AT_ONCE) {
      throw new GateError('TOO_MANY_CONNECTIONS', 'The log is being saved already. Try again in a moment.')
    }
    running += 1
    try {
      const { format, ...filter } = query.data
      stores.audit.record({
        ...toActedBy(principal, context.clientAddress),
        event: 'log.exported',
        details: { format },
      })
      const mark = await stores.audit.mark()
      const nowMs = clock.nowMs()
      const name = `gatehouse-activity-${new Date(nowMs).toISOString().slice(0, 10)}.${format}`
      outgoing.writeHead(200, {
        'content-type': types[format],
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
      })
      const options = { kysely: stores.database.kysely, filter: toAuditFilter(filter), format, mark, nowMs }
      for await (const piece of exportLog(options)) {
        if (outgoing.destroyed) return
        if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')])
      }
      outgoing.end()
    } finally {
      running -= 1
    }
  }
  return (turn) => (turn.context.target.path === PATH ? answer(turn) : undefined)
}

/** Describes the file, which is answered outside the router. */
export function registerAuditExport(router: ApiRouter): void {
  router.openAPIRegistry.registerPath({
    method: 'get',
    path: PATH,
    summary: 'The log as a file, CSV (RFC 4180) or JSON, with the print of every row; JSON names the newest one',
    request: { query: querySchema },
    responses: { 200: { description: 'The file', content: { 'text/csv': { schema: z.string() } } } },
  })
}
