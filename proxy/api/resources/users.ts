import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import {
  accountIdSchema,
  createUserSchema,
  personSchema,
  setPasswordSchema,
  updateUserSchema,
} from '../../contract/accounts.ts'
import type { Person } from '../../contract/accounts.ts'
import { GateError } from '../../contract/errorCodes.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { describePeople } from '../describe.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const params = z.object({ id: accountIdSchema })

const listRoute = createRoute({
  method: 'get',
  path: '/users',
  summary: 'Everybody who may come in',
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(personSchema), 'People, oldest first'), ...commonRefusals },
})

const createUserRoute = createRoute({
  method: 'post',
  path: '/users',
  summary: 'Add a person',
  request: { body: jsonBody(createUserSchema) },
  responses: { 201: jsonAnswer(personSchema, 'The person'), ...commonRefusals },
})

const updateRoute = createRoute({
  method: 'patch',
  path: '/users/{id}',
  summary: 'Rename, change the role, disable or enable',
  request: { params, body: jsonBody(updateUserSchema) },
  responses: { 200: jsonAnswer(personSchema, 'The person'), ...commonRefusals },
})

const passwordRoute = createRoute({
  method: 'put',
  path: '/users/{id}/password',
  summary: "Set somebody's password; their sessions end, and their keys if asked",
  request: { params, body: jsonBody(setPasswordSchema) },
  responses: { 204: noContent, ...commonRefusals },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/users/{id}',
  summary: 'Remove a person with keys and sessions',
  request: { params },
  responses: { 204: noContent, ...commonRefusals },
})

/** People, for administrators. */
export function createUsersResource({ stores, connections, clock }: OwnApplicationDependencies) {
  const getPerson = async (id: string): Promise<Person> => {
    const person = (await describePeople(stores, connections, clock.nowMs())).find((entry) => entry.id === id)
    if (person === undefined) throw new GateError('NOT_FOUND', 'There is no such person.')
    return person
  }
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireAdminister(c.env.context)
      return c.json(toPage(await describePeople(stores, connections, clock.nowMs()), c.req.valid('query')), 200)
    })
    .openapi(createUserRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const { name, role, password } = c.req.valid('json')
      const passwordHash = password === undefined ? undefined : await stores.passwords.hashNew(name, password)
      const account = await stores.accounts.create(
        { name, role, ...(passwordHash === undefined ? {} : { passwordHash }) },
        by,
      )
      return c.json(await getPerson(account.id), 201)
    })
    .openapi(updateRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const { id } = c.req.valid('param')
      await stores.accounts.update(id, c.req.valid('json'), by)
      return c.json(await getPerson(id), 200)
    })
    .openapi(passwordRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      const { id } = c.req.valid('param')
      const { password, endKeys } = c.req.valid('json')
      await stores.passwords.set(id, password, by)
      if (endKeys) await stores.keys.revokeAllOf(id, by)
      return c.body(null, 204)
    })
    .openapi(deleteRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      await stores.accounts.remove(c.req.valid('param').id, by)
      return c.body(null, 204)
    })
}
