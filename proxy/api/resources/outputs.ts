import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { AuditEventName } from '../../contract/audit.ts'
import { GateError } from '../../contract/errorCodes.ts'
import {
  changeOutputSchema,
  outputAsInputSchema,
  outputCursorSchema,
  outputDetailsSchema,
  outputIdSchema,
  outputIdsSchema,
  outputKindSchema,
  outputsDoneSchema,
  outputSchema,
  outputsQuerySchema,
} from '../../contract/outputs.ts'
import type { Output } from '../../contract/outputs.ts'
import { DAY_MS } from '../../core/time.ts'
import { FolderRuleBook } from '../../folders/folderRules.ts'
import { outputGone } from '../../outputs/outputs.ts'
import type { OutputRow } from '../../outputs/outputStore.ts'
import type { Principal, RequestContext } from '../../pipeline/requestContext.ts'
import { mayAdminister, onlyWorkflowOf } from '../../policy/rights.ts'
import { toAsker } from '../asker.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { findOwnOutput, findOwnOutputs } from '../ownOutput.ts'
import { pageSchema, parseTimeCursor, toTimePage } from '../paging.ts'
import { requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const params = z.object({ id: outputIdSchema })

const listRoute = createRoute({
  method: 'get',
  path: '/outputs',
  summary: 'Files that jobs made, newest first: everybody’s for who administers, otherwise one’s own',
  request: {
    query: outputsQuerySchema.extend({
      cursor: outputCursorSchema.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(60),
    }),
  },
  responses: { 200: jsonAnswer(pageSchema(outputSchema), 'Files'), ...commonRefusals },
})

const readRoute = createRoute({
  method: 'get',
  path: '/outputs/{id}',
  summary: 'One file, and how it was made',
  request: { params },
  responses: { 200: jsonAnswer(outputDetailsSchema, 'The file'), ...commonRefusals },
})

const changeRoute = createRoute({
  method: 'patch',
  path: '/outputs/{id}',
  summary: 'Mark a file "keep", so that it stays when older ones are cleared away',
  request: { params, body: jsonBody(changeOutputSchema) },
  responses: { 200: jsonAnswer(outputSchema, 'The file'), ...commonRefusals },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/outputs/{id}',
  summary: 'Remove a file; it can come back within seven days. One that is removed already is deleted for good',
  request: { params },
  responses: { 204: noContent, ...commonRefusals },
})

const removeManyRoute = createRoute({
  method: 'post',
  path: '/outputs/remove',
  summary: 'Remove files; they can come back within seven days',
  request: { body: jsonBody(outputIdsSchema) },
  responses: { 200: jsonAnswer(outputsDoneSchema, 'How many were removed'), ...commonRefusals },
})

const restoreManyRoute = createRoute({
  method: 'post',
  path: '/outputs/restore',
  summary: 'Bring removed files back',
  request: { body: jsonBody(outputIdsSchema) },
  responses: { 200: jsonAnswer(outputsDoneSchema, 'How many came back'), ...commonRefusals },
})

const deleteManyRoute = createRoute({
  method: 'post',
  path: '/outputs/delete',
  summary: 'Delete removed files for good; those that are not removed stay',
  request: { body: jsonBody(outputIdsSchema) },
  responses: { 200: jsonAnswer(outputsDoneSchema, 'How many were deleted'), ...commonRefusals },
})

const inputRoute = createRoute({
  method: 'post',
  path: '/outputs/{id}/input',
  summary: 'Copy a file to one’s own uploads, for the next workflow',
  request: { params },
  responses: { 200: jsonAnswer(outputAsInputSchema, 'Its name there'), ...commonRefusals },
})

/** The gallery: what jobs made. Files themselves are answered in ../outputFiles.ts. */
export function createOutputsResource({ stores, outputs, folders, pictureTexts }: OwnApplicationDependencies) {
  const rules = new FolderRuleBook(stores.database.kysely, stores.settings)
  const describeAll = async (rows: readonly OutputRow[]): Promise<Output[]> => {
    const names = new Map((await stores.accounts.list()).map(({ id, name }) => [id, name]))
    const days = new Map<string, number | null>()
    for (const id of new Set(rows.map((row) => row.account_id))) days.set(id, (await rules.find(id)).retentionDays)
    const shared = await outputs.shares.findShared(rows.map(({ id }) => id))
    return rows.map((row) => ({
      ...describeOutput(row, names.get(row.account_id) ?? '', days.get(row.account_id) ?? null),
      shared: shared.has(row.id),
    }))
  }
  const describeOne = async (row: OutputRow): Promise<Output> => {
    const [output] = await describeAll([row])
    if (output === undefined) throw new TypeError('a row has a description')
    return output
  }
  /** What somebody does with their own files is their business; what is done with others' is kept. */
  const record = (context: RequestContext, principal: Principal, event: AuditEventName, rows: readonly OutputRow[]) => {
    const counts = new Map<string, number>()
    for (const { account_id: of } of rows) if (of !== principal.accountId) counts.set(of, (counts.get(of) ?? 0) + 1)
    const actedBy = toActedBy(principal, context.clientAddress)
    for (const [of, files] of counts) stores.audit.record({ ...actedBy, event, details: { of, files } })
  }
  const makeRoom = async (deleted: readonly OutputRow[]): Promise<void> => {
    for (const accountId of new Set(deleted.map(({ account_id }) => account_id))) await folders.room.deleted(accountId)
  }
  /** What was done before one failed is kept too. @returns how many */
  const doAll = async (
    context: RequestContext,
    event: AuditEventName,
    ids: readonly string[],
    work: (row: OutputRow) => Promise<boolean>,
  ): Promise<number> => {
    const principal = requirePermission(context, 'outputs')
    const done: OutputRow[] = []
    try {
      for (const row of await findOwnOutputs(outputs, principal, ids)) if (await work(row)) done.push(row)
    } finally {
      record(context, principal, event, done)
      if (event === 'outputs.deleted') await makeRoom(done)
    }
    return done.length
  }

  return createRouter()
    .openapi(listRoute, async (c) => {
      const { cursor, limit, user, kind, job, kept, search, removed } = c.req.valid('query')
      const principal = requirePermission(c.env.context, 'outputs')
      const accountId = mayAdminister(principal) ? user : principal.accountId
      if (user !== undefined && user !== accountId) {
        throw new GateError('PERMISSION_DENIED', 'You see your own files only.')
      }
      const keep = kept === undefined ? undefined : kept === 'true'
      const filter = {
        ...{ accountId, kind, keep, jobId: job, publishedId: onlyWorkflowOf(principal) },
        ...{ search: search === '' ? undefined : search, removed: removed === 'true' },
      }
      const after = parseTimeCursor(cursor)
      const rows = await outputs.store.list(filter, after && { madeAtMs: after.atMs, id: after.id }, limit + 1)
      const { shown, nextCursor } = toTimePage(rows, limit, (row) => row.made_at_ms)
      return c.json({ items: await describeAll(shown), nextCursor }, 200)
    })
    .openapi(readRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'outputs')
      const row = await findOwnOutput(outputs, principal, c.req.valid('param').id)
      const described = await describeOne(row)
      if (row.removed_at_ms !== null) return c.json({ ...described, madeWith: [], hasWorkflow: false }, 200)
      const asked = { asker: toAsker(principal, c.env.outgoing), open: () => outputs.open(row) }
      return c.json({ ...described, ...(await pictureTexts.describe(row, asked)) }, 200)
    })
    .openapi(changeRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'outputs')
      const row = await findOwnOutput(outputs, principal, c.req.valid('param').id)
      const { keep } = c.req.valid('json')
      await outputs.setKeep(row, keep)
      record(c.env.context, principal, 'output.changed', [row])
      return c.json(await describeOne({ ...row, keep: keep ? 1 : 0 }), 200)
    })
    .openapi(removeRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'outputs')
      const row = await findOwnOutput(outputs, principal, c.req.valid('param').id)
      const isRemoved = row.removed_at_ms !== null
      const isDone = await (isRemoved ? outputs.deleteRemoved(row) : outputs.remove(row))
      if (!isDone) throw outputGone()
      record(c.env.context, principal, isRemoved ? 'outputs.deleted' : 'outputs.removed', [row])
      if (isRemoved) await folders.room.deleted(row.account_id)
      return c.body(null, 204)
    })
    .openapi(removeManyRoute, async (c) => {
      const { ids } = c.req.valid('json')
      const done = await doAll(c.env.context, 'outputs.removed', ids, (row) => outputs.remove(row))
      return c.json({ done }, 200)
    })
    .openapi(restoreManyRoute, async (c) => {
      const { ids } = c.req.valid('json')
      const done = await doAll(c.env.context, 'outputs.restored', ids, (row) => outputs.restore(row))
      return c.json({ done }, 200)
    })
    .openapi(deleteManyRoute, async (c) => {
      const { ids } = c.req.valid('json')
      const done = await doAll(c.env.context, 'outputs.deleted', ids, (row) => outputs.deleteRemoved(row))
      return c.json({ done }, 200)
    })
    .openapi(inputRoute, async (c) => {
      requirePermission(c.env.context, 'outputs')
      const principal = requirePermission(c.env.context, 'uploads')
      const row = await findOwnOutput(outputs, principal, c.req.valid('param').id)
      const { accountId } = principal
      const admit = (bytes: number): Promise<void> => folders.room.checkInput(accountId, bytes, true)
      return c.json({ name: await outputs.copyToInput(row, accountId, admit) }, 200)
    })
}

function describeOutput(row: OutputRow, userName: string, retentionDays: number | null): Omit<Output, 'shared'> {
  const stays = retentionDays === null || row.keep === 1 || row.removed_at_ms !== null
  return {
    id: row.id,
    user: { id: row.account_id, name: userName },
    jobId: row.job_id,
    name: row.name,
    subfolder: row.subfolder,
    kind: outputKindSchema.catch('other').parse(row.kind),
    mediaType: row.media_type,
    bytes: row.bytes,
    width: row.width,
    height: row.height,
    madeAt: new Date(row.made_at_ms).toISOString(),
    keep: row.keep === 1,
    expiresAt: stays ? null : toIso(staysFrom(row) + retentionDays * DAY_MS),
  }
}

/** A file that was brought back stays as long as a new one. */
const staysFrom = ({ made_at_ms, restored_at_ms }: OutputRow): number => Math.max(made_at_ms, restored_at_ms ?? 0)

/** Files may have any time; a Date may not. */
const toIso = (atMs: number): string => new Date(Math.min(atMs, 8.64e15)).toISOString()
