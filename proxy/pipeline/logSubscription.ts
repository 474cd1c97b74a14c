import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'
import { answerText } from '../http/ownAnswer.ts'
import { forwardTurn, readTurnBody } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'

const bodySchema = z.object({ clientId: z.string(), enabled: z.boolean() })
const MAX_BYTES = 4096

/**
 * `PATCH /internal/logs/subscribe`: the engine's log for administrators' tabs. The engine knows one client, the gate's
 * own socket; which tab wants the lines is noted here. Others get ComfyUI's empty answer and no line.
 */
export async function subscribeToLogs(turn: Turn, services: TurnServices): Promise<void> {
  const { principal } = turn.exchange
  if (principal?.role !== 'administrator') {
    answerText(turn.response, 200, '')
    return
  }
  const { clientId, enabled } = parseBody(await readTurnBody(turn, services, MAX_BYTES))
  const anybodyWants = services.hub.setWantsLogs(principal.accountId, clientId, enabled)
  const body = Buffer.from(JSON.stringify({ clientId: await services.hub.collectorId(), enabled: anybodyWants }))
  await forwardTurn(turn, services, { body, headers: ['content-type', 'application/json'] })
}

function parseBody(bytes: Buffer): z.infer<typeof bodySchema> {
  try {
    const parsed = bodySchema.safeParse(JSON.parse(bytes.toString('utf8')))
    if (parsed.success) return parsed.data
  } catch {
    // Not JSON: refused like any other wrong body.
  }
  throw new GateError('BAD_REQUEST', 'Name the client and whether it is to be told.')
}
