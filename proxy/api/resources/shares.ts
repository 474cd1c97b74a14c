import { setImmediate as breathe } from 'node:timers/promises'
import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import { isUsable } from '../../accounts/account.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { outputCursorSchema, outputIdSchema, outputsDoneSchema } from '../../contract/outputs.ts'
import { changeShareSchema, sharedOutputSchema, shareManySchema, shareSchema } from '../../contract/shares.ts'
import type { SharedOutput } from '../../contract/shares.ts'
import { canBeShared } from '../../outputs/outputShares.ts'
import type { Audience, SharedRow } from '../../outputs/outputShares.ts'
import { outputGone } from '../../outputs/outputs.ts'
import type { OutputRow } from '../../outputs/outputStore.ts'
import type { Principal, RequestContext } from '../../pipeline/requestContext.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { findOwnOutput, findOwnOutputs } from '../ownOutput.ts'
import { pageSchema, parseTimeCursor, toTimePage } from '../paging.ts'
import { requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'

/** How many of those who see it now stand in the log by their id; the others are counted. */
const NAMED = 20

const params = z.object({ id: outputIdSchema })

const readRoute = createRoute({
  method: 'get',
  path: '/outputs/{id}/shares',
  summary: 'With whom a picture is shared',
  request: { params },
  responses: { 200: jsonAnswer(shareSchema, 'With whom'), ...commonRefusals },
})

const changeRoute = createRoute({
  method: 'put',
  path: '/outputs/{id}/shares',
  summary: 'Share a picture with everybody here, with some people or with nobody any more',
  request: { params, body: jsonBody(changeShareSchema) },
  responses: { 200: jsonAnswer(shareSchema, 'With whom it is shared now'), ...commonRefusals },
})

const changeManyRoute = createRoute({
  method: 'post',
  path: '/outputs/share',
  summary: 'The same for several pictures; what cannot be shared is left out',
  request: { body: jsonBody(shareManySchema) },
  responses: { 200: jsonAnswer(outputsDoneSchema, 'How many were changed'), ...commonRefusals },
})

const listRoute = createRoute({
  method: 'get',
  path: '/shared',
  summary: 'Pictures that others share with one, what was shared last first',
  request: {
    query: z.object({
      cursor: outputCursorSchema.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(60),
    }),
  },
  responses: { 200: jsonAnswer(pageSchema(sharedOutputSchema), 'Pictures'), ...commonRefusals },
})

/** Pictures shown to others. The pictures themselves are answered in ../sharedFiles.ts. */
export function createSharesResource({ stores, outputs, clock }: OwnApplicationDependencies) {
  const { shares } = outputs
  /** Each name once, however often it was sent. */
  const findPeople = async (names: readonly string[]): Promise<string[]> => {
    const found = await Promise.all(
      [...new Set(names)].map(async (name) => {
        const account = await stores.accounts.findByName(name)
        const isSomebody = isUsable(account, clock.nowMs()) && account.guestAddress === null
        return { name, id: isSomebody ? account.id : undefined }
      }),
    )
    const unknown = found.filter(({ id }) => id === undefined).map(({ name }) => name)
    if (unknown.length > 0) {
      throw new GateError('VALIDATION_FAILED', `There is nobody named ${unknown.join(' or ')} here.`)
    }
    return [...new Set(found.flatMap(({ id }) => id ?? []))]
  }
  /** One entry for each whose pictures they are: for everybody but administrators that is one in all. */
  const record = (
    context: RequestContext,
    principal: Principal,
    rows: readonly OutputRow[],
    { everybody, accountIds }: Audience,
  ): void => {
    for (const of of new Set(rows.map(({ account_id }) => account_id))) {
      const [first, ...others] = rows.filter(({ account_id }) => account_id === of)
      const what = others.length === 0 ? { output: first?.id ?? '' } : { files: others.length + 1 }
      const people = accountIds.filter((id) => id !== of)
      const whom = {
        everybody,
        people: people.length,
        ...(people.length === 0 ? {} : { with: people.slice(0, NAMED) }),
      }
      const actedBy = toActedBy(principal, context.clientAddress)
      stores.audit.record({ ...actedBy, event: 'output.shared', details: { ...what, of, ...whom } })
    }
  }
  const change = async (
    context: RequestContext,
    principal: Principal,
    rows: readonly OutputRow[],
    { everybody, names }: z.infer<typeof changeShareSchema>,
  ): Promise<number> => {
    const audience = { everybody, accountIds: await findPeople(names) }
    const done: OutputRow[] = []
    try {
      for (const row of rows) {
        if (await shares.replace(row, audience)) done.push(row)
        // Hundreds of pictures with hundreds of people are many statements: others come in between.
        await breathe()
      }
    } finally {
      record(context, principal, done, audience)
    }
    return done.length
  }

  return createRouter()
    .openapi(readRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'share')
      const row = await findOwnOutput(outputs, principal, c.req.valid('param').id)
      return c.json(await shares.read(row.id), 200)
    })
    .openapi(changeRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'share')
      const row = await findOwnOutput(outputs, principal, c.req.valid('param').id)
      const wanted = c.req.valid('json')
      const isEnding = !wanted.everybody && wanted.names.length === 0
      if (!isEnding && !canBeShared(row)) {
        throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Only pictures can be shared. Download this file and send it.')
      }
      if ((await change(c.env.context, principal, [row], wanted)) === 0) throw outputGone()
      return c.json(await shares.read(row.id), 200)
    })
    .openapi(changeManyRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'share')
      const { ids, ...wanted } = c.req.valid('json')
      const rows = (await findOwnOutputs(outputs, principal, ids)).filter(canBeShared)
      return c.json({ done: await change(c.env.context, principal, rows, wanted) }, 200)
    })
    .openapi(listRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'shared')
      const { cursor, limit } = c.req.valid('query')
      const after = parseTimeCursor(cursor)
      const behind = after && { sharedAtMs: after.atMs, id: after.id }
      const rows = await shares.list(principal.accountId, behind, limit + 1)
      const { shown, nextCursor } = toTimePage(rows, limit, (row) => row.shared_at_ms)
      return c.json({ items: shown.map(describeShared), nextCursor }, 200)
    })
}

const describeShared = (row: SharedRow): SharedOutput => ({
  id: row.id,
  from: { id: row.account_id, name: row.from_name },
  name: row.name,
  mediaType: row.media_type,
  width: row.width,
  height: row.height,
  sharedAt: new Date(row.shared_at_ms).toISOString(),
})
