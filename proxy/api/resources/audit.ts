import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { findRows } from '../../audit/auditQuery.ts'
import type { AuditFilter } from '../../audit/auditQuery.ts'
import { describeRow } from '../../audit/describeRow.ts'
import { VerificationRuns } from '../../audit/verificationRuns.ts'
import { auditEventNames } from '../../contract/audit.ts'
import {
  auditGroups,
  auditRowSchema,
  auditVerificationSchema,
  eventsOfGroup,
  refusalEvents,
} from '../../contract/auditLog.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { idSchema } from '../../contract/ids.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema } from '../paging.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer } from '../router.ts'

/** Which rows: of the list and of exports. */
export const auditFilterSchema = z.object({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  /** Who did it, or to whom it was done. */
  person: idSchema.optional(),
  group: z.enum(auditGroups).optional(),
  event: z.enum(auditEventNames).optional(),
  /** A part of the address. */
  address: z.string().min(1).max(64).optional(),
  /** Only where somebody or something was not let. */
  refusals: z.enum(['true', 'false']).optional(),
})
type FilterQuery = z.infer<typeof auditFilterSchema>

export function toAuditFilter({ from, to, person, group, event, address, refusals }: FilterQuery): AuditFilter {
  const wanted = [
    ...(event === undefined ? [] : [[event]]),
    ...(group === undefined ? [] : [eventsOfGroup(group)]),
    ...(refusals === 'true' ? [refusalEvents] : []),
  ]
  const [first, ...others] = wanted
  return {
    fromMs: from === undefined ? undefined : Date.parse(from),
    toMs: to === undefined ? undefined : Date.parse(to),
    accountId: person,
    address,
    events: first?.filter((name) => others.every((names) => names.includes(name))),
  }
}

const listRoute = createRoute({
  method: 'get',
  path: '/audit',
  summary:
    'What happened, the newest first. An answer may hold fewer rows than there are, and none; `nextCursor` says whether there are more',
  request: { query: pageQuerySchema.extend(auditFilterSchema.shape) },
  responses: { 200: jsonAnswer(pageSchema(auditRowSchema), 'Rows'), ...commonRefusals },
})

const verifyRoute = createRoute({
  method: 'get',
  path: '/audit/verify',
  summary: 'Whether somebody changed the log; `running` while it is still being read: ask again',
  responses: { 200: jsonAnswer(auditVerificationSchema, 'How far the check is, and what it found'), ...commonRefusals },
})

/** The log of what happened, for administrators only. It is read and never written here. */
export function createAuditResource({ stores, clock, logger }: OwnApplicationDependencies) {
  const { kysely } = stores.database
  const verifications = new VerificationRuns({ log: stores.audit, clock, logger })
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireAdminister(c.env.context)
      const { cursor, limit, ...query } = c.req.valid('query')
      const before = parseCursor(cursor)
      const { rows, nextBefore } = await findRows(kysely, toAuditFilter(query), { before, limit })
      const nextCursor = nextBefore === undefined ? null : `c${nextBefore.toString(36)}`
      return c.json({ items: rows.map(describeRow), nextCursor }, 200)
    })
    .openapi(verifyRoute, async (c) => {
      requireAdminister(c.env.context)
      return c.json(await verifications.ask(), 200)
    })
}

function parseCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  if (!/^c[0-9a-z]{1,10}$/.test(cursor)) throw new GateError('VALIDATION_FAILED', 'This cursor was not made here.')
  return parseInt(cursor.slice(1), 36)
}
