import { formatLosslessJson } from '../comfyui/losslessJson.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { WorkflowEngine } from '../workflows/workflowParts.ts'
import type { TurnServices } from './forwardTurn.ts'
import type { HeavyRequest } from './heavyRequests.ts'
import { publishedOrder, requireEngine, takePrompt } from './promptIntake.ts'

const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const NOTHING_SENT = { wantedId: undefined, clientId: undefined, extraData: new Map() }

/** Runs over the API take the way of `POST /prompt`: the same limits, the same validation, the same line. */
export function createWorkflowEngine(services: TurnServices): WorkflowEngine {
  return {
    start: async (asked, principal, run) => {
      await requireEngine(services)
      const order = publishedOrder(run, NOTHING_SENT)
      const bytes = Buffer.byteLength(formatLosslessJson(run.nodes))
      const taken = await takePrompt({ ...order, asked, principal, bytes }, services)
      return taken.kind === 'invalid' ? taken : { kind: 'accepted', id: taken.id }
    },
    readObjectInfo: (accountId) => readObjectInfo(services, accountId),
    readCheckpoints: (accountId) => read(services, accountId, '/experiment/models/checkpoints'),
  }
}

/** As heavy as when its page asks for it, and within the same turns. */
async function readObjectInfo(services: TurnServices, accountId: string): Promise<Buffer | undefined> {
  const heavy = await beginHeavy(services, accountId)
  if (heavy === undefined) return undefined
  try {
    const answer = await read(services, accountId, '/object_info')
    heavy.answered()
    return answer
  } finally {
    heavy.end()
  }
}

/** undefined: too many of theirs wait already. */
async function beginHeavy({ heavy }: TurnServices, accountId: string): Promise<HeavyRequest | undefined> {
  try {
    return await heavy.beginOwn(accountId)
  } catch (error) {
    if (error instanceof GateError) return undefined
    throw error
  }
}

async function read({ errands }: TurnServices, accountId: string, path: string): Promise<Buffer | undefined> {
  try {
    const answer = await errands.askFor(accountId, { method: 'GET', path, limitBytes: MAX_ANSWER_BYTES })
    return answer?.status === 200 ? answer.body : undefined
  } catch (error) {
    // Somebody whose folders are not as they must be can run nothing either, and is told so then.
    if (error instanceof GateError) return undefined
    throw error
  }
}
