import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { KnownRole } from '../../accounts/roleStore.ts'
import { changeRoleSchema, createRoleSchema, roleAnswerSchema, roleIdSchema } from '../../contract/roleRules.ts'
import type { RoleAnswer } from '../../contract/roleRules.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { pageQuerySchema, pageSchema, toPage } from '../paging.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody, noContent } from '../router.ts'

const params = z.object({ id: roleIdSchema })

const listRoute = createRoute({
  method: 'get',
  path: '/roles',
  summary: 'What there is to be: the roles that are always there, and those that the owner made',
  request: { query: pageQuerySchema },
  responses: { 200: jsonAnswer(pageSchema(roleAnswerSchema), 'Roles'), ...commonRefusals },
})

const createRoleRoute = createRoute({
  method: 'post',
  path: '/roles',
  summary: 'Make a role by copying another one; what only administrators may is not copied',
  request: { body: jsonBody(createRoleSchema) },
  responses: { 201: jsonAnswer(roleAnswerSchema, 'The role'), ...commonRefusals },
})

const readRoute = createRoute({
  method: 'get',
  path: '/roles/{id}',
  summary: 'One role',
  request: { params },
  responses: { 200: jsonAnswer(roleAnswerSchema, 'The role'), ...commonRefusals },
})

const changeRoute = createRoute({
  method: 'patch',
  path: '/roles/{id}',
  summary: 'Change what a role gives; it holds at once',
  request: { params, body: jsonBody(changeRoleSchema) },
  responses: { 200: jsonAnswer(roleAnswerSchema, 'The role'), ...commonRefusals },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/roles/{id}',
  summary: 'Remove a role that nobody has',
  request: { params },
  responses: { 204: noContent, ...commonRefusals },
})

/** Roles, for administrators. */
export function createRolesResource({ stores }: OwnApplicationDependencies) {
  const { roles } = stores
  const describe = async (role: KnownRole): Promise<RoleAnswer> =>
    describeRole(role, (await roles.countPeople()).get(role.id) ?? 0)
  return createRouter()
    .openapi(listRoute, async (c) => {
      requireAdminister(c.env.context)
      const people = await roles.countPeople()
      const described = (await roles.list()).map((role) => describeRole(role, people.get(role.id) ?? 0))
      return c.json(toPage(described, c.req.valid('query')), 200)
    })
    .openapi(createRoleRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      return c.json(await describe(await roles.create(c.req.valid('json'), by)), 201)
    })
    .openapi(readRoute, async (c) => {
      requireAdminister(c.env.context)
      return c.json(await describe(await roles.get(c.req.valid('param').id)), 200)
    })
    .openapi(changeRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      return c.json(await describe(await roles.change(c.req.valid('param').id, c.req.valid('json'), by)), 200)
    })
    .openapi(deleteRoute, async (c) => {
      const by = toActedBy(requireAdminister(c.env.context), c.env.context.clientAddress)
      await roles.remove(c.req.valid('param').id, by)
      return c.body(null, 204)
    })
}

const describeRole = ({ permissions, ...role }: KnownRole, people: number): RoleAnswer => ({
  ...role,
  permissions: [...permissions],
  people,
})
