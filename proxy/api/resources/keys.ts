import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { Account } from '../../accounts/account.ts'
import type { ApiKeyRecord, ApiKeyStore } from '../../accounts/apiKeyStore.ts'
import { checkHolderScopes } from '../../accounts/keyScopes.ts'
import { accountIdSchema } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { apiKeySchema, createdKeySchema, createKeySchema } from '../../contract/keys.ts'
import type { Scope } from '../../contract/keys.ts'
import { DAY_MS } from '../../core/time.ts'
import type { Principal } from '../../pipeline/requestContext.ts'
import { mayAdminister } from '../../policy/rights.ts'
import { isGranted } from '../../workflows/grants.ts'
import type { WorkflowRecord } from '../../workflows/workflowRows.ts'
import type { WorkflowStore } from '../../workflows/workflowStore.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { describeKey } from '../describe.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { proveOwnPassword } from '../passwordAgain.ts'
import { needsPasswordAgain, requirePermission } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/keys',
  summary: "One's own keys; with the right to administer everybody's, or one person's",
  request: { query: pageQuerySchema.extend({ userId: accountIdSchema.optional() }) },
  responses: { 200: jsonAnswer(pageSchema(apiKeySchema), 'Keys, newest first'), ...commonRefusals },
})

const createKeyRoute = createRoute({
  method: 'post',
  path: '/keys',
  summary: 'Make a key; the answer is the only one that carries it',
  request: { body: jsonBody(createKeySchema) },
  responses: { 201: jsonAnswer(createdKeySchema, 'The key'), ...commonRefusals },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/keys/{id}',
  summary: 'Revoke a key, and with it every key that it made',
  request: { params: z.object({ id: z.string().max(40) }) },
  responses: { 204: noContent, ...commonRefusals },
})

/** API keys: one's own, or everybody's for administrators. */
export function createKeysResource({ stores, clock, workflows }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const principal = requirePermission(c.env.context, 'account')
      const { userId, ...page } = c.req.valid('query')
      const keys = await stores.keys.list(mayAdminister(principal) ? userId : principal.accountId)
      const names = new Map((await stores.accounts.list()).map((account) => [account.id, account.name]))
      const titles = new Map((await workflows.store.list()).map(({ id, name }) => [id, name]))
      const described = keys.map((key) =>
        describeKey(key, names.get(key.accountId) ?? '', titles.get(key.workflowId ?? '')),
      )
      return c.json(toPage(described, page), 200)
    })
    .openapi(createKeyRoute, async (c) => {
      const { context } = c.env
      const principal = requirePermission(context, 'account')
      const wanted = c.req.valid('json')
      const account = await findHolder(wanted.userId ?? principal.accountId, principal, stores.accounts)
      if (account.guestAddress !== null) {
        throw new GateError('VALIDATION_FAILED', `${account.name} is a guest. Add the person first, then make the key.`)
      }
      checkScopes(wanted.scopes, principal, account)
      const workflow = await findWorkflow(wanted, account, workflows.store)
      if (needsPasswordAgain(principal)) {
        await proveOwnPassword(stores, context, wanted.password, c.env.incoming.headers.cookie)
      }
      const wantedEndMs = wanted.expiresInDays === null ? null : clock.nowMs() + wanted.expiresInDays * DAY_MS
      const maker = await findMaker(principal, stores.keys)
      const expiresAtMs = notAfter(wantedEndMs, maker?.expiresAtMs ?? null)
      const { text, record } = await stores.keys.create(
        {
          ...{ accountId: account.id, name: wanted.name, scopes: wanted.scopes, expiresAtMs },
          ...{ workflowId: workflow?.id, madeByKeyId: maker?.id },
        },
        toActedBy(principal, context.clientAddress),
      )
      return c.json({ ...describeKey(record, account.name, workflow?.name), key: text }, 201)
    })
    .openapi(deleteRoute, async (c) => {
      const { context } = c.env
      const principal = requirePermission(context, 'account')
      const owner = mayAdminister(principal) ? undefined : principal.accountId
      await stores.keys.revoke(c.req.valid('param').id, toActedBy(principal, context.clientAddress), owner)
      return c.body(null, 204)
    })
}

/** The key that makes another one; undefined for whoever may make keys that stand by themselves. */
async function findMaker(principal: Principal, keys: Pick<ApiKeyStore, 'find'>): Promise<ApiKeyRecord | undefined> {
  const { credential } = principal
  if (credential.kind !== 'apiKey' || mayAdminister(principal)) return undefined
  const maker = await keys.find(credential.keyId)
  if (maker === undefined) throw new GateError('AUTH_INVALID', 'This key has ended.')
  return maker
}

/** A stolen key must not live on in one that it made: the new one ends with it at the latest, and is revoked with it. */
const notAfter = (wantedMs: number | null, endMs: number | null): number | null =>
  endMs === null ? wantedMs : Math.min(wantedMs ?? endMs, endMs)

async function findHolder(
  accountId: string,
  principal: Principal,
  accounts: { get(id: string): Promise<Account> },
): Promise<Account> {
  if (accountId !== principal.accountId && !mayAdminister(principal)) {
    throw new GateError('PERMISSION_DENIED', 'You can make keys for yourself only.')
  }
  return accounts.get(accountId)
}

/** Only what the holder may run, and nothing beside it. */
async function findWorkflow(
  { workflowId, scopes }: Pick<z.output<typeof createKeySchema>, 'workflowId' | 'scopes'>,
  { id: accountId, role }: Account,
  store: Pick<WorkflowStore, 'find'>,
): Promise<WorkflowRecord | undefined> {
  if (workflowId === undefined) return undefined
  const record = await store.find(workflowId)
  if (record === undefined || !isGranted(record.grants, { accountId, role })) {
    throw new GateError('VALIDATION_FAILED', 'Whoever the key is for may not run that workflow.')
  }
  if (scopes.every((scope) => scope === 'run' || scope === 'read')) return record
  throw new GateError('VALIDATION_FAILED', 'A key for one workflow runs and reads, nothing else.')
}

/** A key never gives more than what makes it: neither a canvas session nor a smaller key grows into `administer`. */
function checkScopes(scopes: readonly Scope[], principal: Principal, holder: Account): void {
  if (scopes.includes('administer') && !mayAdminister(principal)) {
    throw new GateError('PERMISSION_DENIED', "A key that administers is made in Gatehouse's own window only.")
  }
  checkHolderScopes(scopes, holder)
  const { credential } = principal
  if (credential.kind !== 'apiKey' || mayAdminister(principal)) return
  const mayGive = new Set<Scope>([
    ...credential.scopes,
    ...(credential.scopes.includes('run') ? ['read' as const] : []),
  ])
  const tooMuch = scopes.find((scope) => !mayGive.has(scope))
  if (tooMuch === undefined) return
  throw new GateError(
    'PERMISSION_DENIED',
    `This key cannot make one with the scope "${tooMuch}", which it lacks itself.`,
  )
}
