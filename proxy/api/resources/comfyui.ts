import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import { toActedBy } from '../../accounts/actedBy.ts'
import type { AuditEventName } from '../../contract/audit.ts'
import { comfyuiSchema, engineLogSchema } from '../../contract/comfyui.ts'
import type { Comfyui } from '../../contract/comfyui.ts'
import { GateError } from '../../contract/errorCodes.ts'
import type { RequestContext } from '../../pipeline/requestContext.ts'
import type { OwnApplicationDependencies } from '../dependencies.ts'
import { requireAdminister } from '../rights.ts'
import { commonRefusals, createRouter, jsonAnswer } from '../router.ts'

const commands = ['start', 'stop', 'restart'] as const
type Command = (typeof commands)[number]

const commandEvents: Readonly<Record<Command, AuditEventName>> = {
  start: 'engine.started',
  stop: 'engine.stopped',
  restart: 'engine.restarted',
}

const getRoute = createRoute({
  method: 'get',
  path: '/comfyui',
  summary: 'Which ComfyUI, and its state',
  responses: { 200: jsonAnswer(comfyuiSchema, 'The engine'), ...commonRefusals },
})

const logRoute = createRoute({
  method: 'get',
  path: '/comfyui/log',
  summary: 'The last lines of its log',
  request: { query: z.object({ after: z.coerce.number().int().min(-1).default(-1) }) },
  responses: { 200: jsonAnswer(engineLogSchema, 'Lines, oldest first'), ...commonRefusals },
})

const commandRoute = createRoute({
  method: 'post',
  path: '/comfyui/{command}',
  summary: 'Start, stop or restart it',
  request: { params: z.object({ command: z.enum(commands) }) },
  responses: { 200: jsonAnswer(comfyuiSchema, 'The engine after the command'), ...commonRefusals },
})

/** ComfyUI's process. Which one runs is a machine setting and not changed here. */
export function createComfyuiResource(dependencies: OwnApplicationDependencies) {
  const { engine, stores } = dependencies
  return createRouter()
    .openapi(getRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json(describeEngine(dependencies), 200)
    })
    .openapi(logRoute, (c) => {
      requireAdminister(c.env.context)
      return c.json({ lines: [...engine.logLines(c.req.valid('query').after)] }, 200)
    })
    .openapi(commandRoute, async (c) => {
      const { context } = c.env
      requireAdminister(context)
      const { command } = c.req.valid('param')
      await runCommand(dependencies, command)
      stores.audit.record({ ...actor(context), event: commandEvents[command] })
      return c.json(describeEngine(dependencies), 200)
    })
}

const actor = (context: RequestContext) => toActedBy(requireAdminister(context), context.clientAddress)

async function runCommand({ engine }: OwnApplicationDependencies, command: Command): Promise<void> {
  try {
    await engine[command]()
  } catch (error) {
    // The launcher knows no GateError; what it refuses in words is told to the person.
    if (error instanceof Error && error.name === 'LaunchRefused') {
      throw new GateError('ENGINE_REFUSED', error.message, { cause: error })
    }
    throw error
  }
}

function describeEngine({ engine }: OwnApplicationDependencies): Comfyui {
  return { choice: engine.choice(), state: toContractState(engine), notices: [...engine.notices()] }
}

/** Only the members of the contract: the supervisor's state may know more than clients should. */
function toContractState(engine: OwnApplicationDependencies['engine']): Comfyui['state'] {
  return comfyuiSchema.shape.state.parse(engine.state())
}
