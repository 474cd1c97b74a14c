import { checkPrompt } from '../comfyui/prompt.ts'
import { engineUnavailable } from '../forward/httpForwarder.ts'
import { answerJson } from '../http/ownAnswer.ts'
import { forwardTurn, readTurnBody } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'
import type { Principal } from './requestContext.ts'

const JSON_HEADERS = ['content-type', 'application/json; charset=utf-8']

function principalOf({ exchange: { principal } }: Turn): Principal {
  if (principal === undefined) throw new TypeError('the route needs a principal')
  return principal
}

/** `POST /prompt`: checked, given an id and an owner, and sent on as what was checked. @throws GateError */
export async function submitPrompt(turn: Turn, services: TurnServices): Promise<void> {
  const principal = principalOf(turn)
  const { settings } = services.dependencies
  if (services.upstream() === undefined) throw engineUnavailable()
  const bytes = await readTurnBody(turn, services, settings.get('limits.promptBytes'))
  const collectorId = await services.hub.collectorId()
  const { jobs } = services.hub
  const prompt = checkPrompt(
    bytes,
    { administrator: principal.role === 'administrator', collectorId, claimId: (wanted) => jobs.claimId(wanted) },
    { maxNodes: settings.get('limits.promptNodes') },
  )
  const { promptId, clientId, body } = prompt
  jobs.submit({ promptId, accountId: principal.accountId, clientId })
  try {
    const onStatus = (status: number): void => onPromptStatus(turn, services, promptId, status)
    await forwardTurn(turn, services, { body, headers: JSON_HEADERS, onStatus })
    // The client left before the answer: the engine may have the prompt, and says so with its next status.
    jobs.accept(promptId)
  } catch (error) {
    jobs.end(promptId)
    throw error
  }
}

function onPromptStatus(turn: Turn, services: TurnServices, promptId: string, status: number): void {
  if (status !== 200) {
    services.hub.jobs.end(promptId)
    return
  }
  services.hub.jobs.accept(promptId)
  const { listener, clientAddress, method, target, principal } = turn.exchange
  const event = { type: 'prompt.accepted', listener, clientAddress, method, path: target.path, principal } as const
  services.dependencies.audit.record({ ...event, detail: promptId })
}

/** `GET /prompt`: how many of one's own jobs wait or run. @throws GateError ENGINE_UNAVAILABLE */
export function answerPromptInfo(turn: Turn, services: TurnServices): void {
  if (services.upstream() === undefined) throw engineUnavailable()
  const count = services.hub.jobs.countActive(principalOf(turn).accountId)
  answerJson(turn.response, 200, { exec_info: { queue_remaining: count } })
}
