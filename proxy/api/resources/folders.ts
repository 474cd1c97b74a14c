import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import { accountIdSchema } from '../../contract/accounts.ts'
import { changeFolderSchema, folderSchema } from '../../contract/folders.ts'
import { GateError } from '../../contract/errorCodes.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema, toPageOf } from '../paging.ts'
import { requireAdminister, requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/folders',
  summary: 'Where everybody’s results lie, and how much room they take',
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(folderSchema), 'Folders, by the age of their accounts'), ...commonRefusals },
})

const mineRoute = createRoute({
  method: 'get',
  path: '/folders/mine',
  summary: 'How much room one’s own results take and may take',
  responses: { 200: jsonAnswer(folderSchema, 'The folder, without its path'), ...commonRefusals },
})

const changeRoute = createRoute({
  method: 'patch',
  path: '/folders/{accountId}',
  summary: 'Set how much somebody’s files may take, and for how long they stay; the place is chosen in the window',
  request: {
    params: z.object({ accountId: accountIdSchema }),
    body: jsonBody(z.looseObject(changeFolderSchema.shape)),
  },
  responses: { 200: jsonAnswer(folderSchema, 'The folder'), ...commonRefusals },
})

/** Folders of people: room and retention. Which folder it is names a path, and so changes only on this computer. */
export function createFoldersResource({ stores, folders }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireAdminister(c.env.context)
      return c.json(await toPageOf((from, count) => folders.list(from, count), c.req.valid('query')), 200)
    })
    .openapi(mineRoute, async (c) => {
      const { accountId } = requirePermission(c.env.context, 'outputs')
      return c.json(await folders.getOwn(accountId), 200)
    })
    .openapi(changeRoute, async (c) => {
      const { context } = c.env
      const by = toActedBy(requireAdminister(context), context.clientAddress)
      const { accountId } = c.req.valid('param')
      const { quotaBytes, retentionDays, ...others } = c.req.valid('json')
      refuseOthers(others)
      const folder = await folders.change(accountId, { quotaBytes, retentionDays })
      const changed = {
        ...(quotaBytes === undefined ? {} : { quotaBytes }),
        ...(retentionDays === undefined ? {} : { retentionDays }),
      }
      stores.audit.record({ ...by, event: 'folder.changed', details: { of: accountId, ...changed } })
      return c.json(folder, 200)
    })
}

/** A stolen administrator's key must not make Gatehouse write wherever it likes. */
function refuseOthers(others: Readonly<Record<string, unknown>>): void {
  if (Object.keys(others).length === 0) return
  const text =
    'Which folder it is changes only in Gatehouse\'s own window on this computer, or by the command "gatehouse folder set".'
  throw new GateError('OWNER_ONLY', text)
}
