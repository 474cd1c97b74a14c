import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import { GateError } from '../../contract/errorCodes.ts'
import { isSettingName, settingDefinitions } from '../../contract/settings.ts'
import { describeSettingChanges } from '../../settings/settingChanges.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer, jsonBody } from '../router.ts'

const settingsSchema = z.object(
  Object.fromEntries(Object.entries(settingDefinitions).map(([name, { schema }]) => [name, schema])),
)

const getRoute = createRoute({
  method: 'get',
  path: '/settings',
  summary: 'Every setting by its name',
  responses: { 200: jsonAnswer(settingsSchema, 'Settings'), ...commonRefusals },
})

const patchRoute = createRoute({
  method: 'patch',
  path: '/settings',
  summary: 'Change settings, all of them or none; machine settings are refused',
  request: { body: jsonBody(z.record(z.string(), z.unknown())) },
  responses: { 200: jsonAnswer(settingsSchema, 'Settings as they are now'), ...commonRefusals },
})

/** Settings. What names a program, an argument or a path on this computer is read-only here. */
export function createSettingsResource({ stores }: OwnApplicationDependencies) {
  return createRouter()
    .openapi(getRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json(stores.settings.all(), 200)
    })
    .openapi(patchRoute, async (c) => {
      const { context } = c.env
      const by = toActedBy(requireAdminister(context), context.clientAddress)
      const changes = c.req.valid('json')
      Object.keys(changes).forEach(refuseMachineSetting)
      const before = stores.settings.all()
      await stores.settings.setMany(changes)
      const details = describeSettingChanges(before, stores.settings.all())
      stores.audit.record({ ...by, event: 'setting.changed', details })
      return c.json(stores.settings.all(), 200)
    })
}

/** A stolen administrator's key must not become a program on this computer. */
function refuseMachineSetting(name: string): void {
  if (!isSettingName(name) || !settingDefinitions[name].machine) return
  throw new GateError(
    'OWNER_ONLY',
    `${name} changes only in Gatehouse's own window on this computer, or by the command "gatehouse settings set".`,
  )
}
