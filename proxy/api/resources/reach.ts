import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { KnownRole } from '../../accounts/roleStore.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { isReserved } from '../../contract/permissions.ts'
import { previewRoleSchema, probeResultSchema, probeRoleSchema, rolePreviewSchema } from '../../contract/reach.ts'
import type { RoleDraft } from '../../contract/reach.ts'
import { roleIdSchema } from '../../contract/roleRules.ts'
import { describeReach, findGains } from '../../policy/reach.ts'
import type { ReachOf } from '../../policy/reach.ts'
import type { OwnApplicationDependencies, TriedRole } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'

const previewRoute = createRoute({
  method: 'post',
  path: '/roles/preview',
  summary: 'What a role reaches on this ComfyUI, as it is or as if a change had been saved',
  request: { body: jsonBody(previewRoleSchema) },
  responses: { 200: jsonAnswer(rolePreviewSchema, 'Numbers and names'), ...commonRefusals },
})

const probeRoute = createRoute({
  method: 'post',
  path: '/roles/{id}/probe',
  summary: 'Let somebody made up, with this role, ask for everything, and compare the answers with what is decided',
  request: { params: z.object({ id: roleIdSchema }), body: jsonBody(probeRoleSchema) },
  responses: { 200: jsonAnswer(probeResultSchema, 'What was asked, and what was not as decided'), ...commonRefusals },
})

/** What a role reaches: found out from the rules, and tried out. For administrators. */
export function createReachResource({ stores, reach }: OwnApplicationDependencies) {
  const describe = async (role: TriedRole, administratorId: string): Promise<ReachOf> => {
    const world = await reach.findWorld(role, administratorId)
    const principal = reach.makeUp(role)
    return { principal, world, reach: describeReach({ principal, models: role.models }, world) }
  }
  return createRouter()
    .openapi(previewRoute, async (c) => {
      const { accountId } = requireAdminister(c.env.context)
      const { role: id, draft } = c.req.valid('json')
      const saved = await stores.roles.get(id)
      const now = await describe(saved, accountId)
      const then = draft === undefined ? now : await describe(withDraft(saved, draft), accountId)
      return c.json({ reach: then.reach, gains: findGains(now, then), losses: findGains(then, now) }, 200)
    })
    .openapi(probeRoute, async (c) => {
      const administrator = requireAdminister(c.env.context)
      const saved = await stores.roles.get(c.req.valid('param').id)
      const { draft } = c.req.valid('json')
      const result = await reach.probe(draft === undefined ? saved : withDraft(saved, draft), administrator.accountId)
      const { refused, let: passed, mismatches, wrongModels, tookMs } = result
      const wrong = mismatches.length + wrongModels.length
      const details = { role: saved.id, draft: draft !== undefined, refused, let: passed, wrong, tookMs }
      const { actor, address } = toActedBy(administrator, c.env.context.clientAddress)
      stores.audit.record({ event: 'role.probed', actor, ...(address !== undefined && { address }), details })
      return c.json(result, 200)
    })
}

/**
 * The role as if the draft had been saved.
 * @throws GateError VALIDATION_FAILED for what could not be saved
 */
function withDraft(role: KnownRole, { permissions, models, nodes }: RoleDraft): TriedRole {
  if (permissions !== undefined && role.builtIn) {
    throw new GateError('VALIDATION_FAILED', 'What this role may do comes with Gatehouse. Copy it to change it.')
  }
  if (role.id === 'administrator' && (models !== undefined || nodes !== undefined)) {
    throw new GateError('VALIDATION_FAILED', 'Administrators may use everything.')
  }
  return {
    ...role,
    permissions:
      permissions === undefined
        ? role.permissions
        : new Set(permissions.filter((permission) => !isReserved(permission))),
    models: models ?? role.models,
    nodes: nodes ?? role.nodes,
  }
}
