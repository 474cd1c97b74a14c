import { validationWithoutPaths } from '../comfyui/errorPaths.ts'
import { formatLosslessJson, isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import { checkPrompt } from '../comfyui/prompt.ts'
import type { JsonValue } from '../comfyui/losslessJson.ts'
import type { CheckedPrompt } from '../comfyui/prompt.ts'
import { GateError } from '../contract/errorCodes.ts'
import { engineUnavailable } from '../forward/httpForwarder.ts'
import { answerJson, answerJsonText } from '../http/ownAnswer.ts'
import { readTurnBody, withinTurns } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'
import type { Principal } from './requestContext.ts'

/** Whose request it is. @throws TypeError on a route that is open to nobody in particular */
export function principalOf({ exchange: { principal } }: Turn): Principal {
  if (principal === undefined) throw new TypeError('the route needs a principal')
  return principal
}

type Validation =
  | { readonly kind: 'valid'; readonly nodeErrors: string; readonly outputs: string | undefined }
  /** ComfyUI's own words, as JSON text. */
  | { readonly kind: 'invalid'; readonly answer: string }

/** `POST /prompt`: checked, validated and kept on disk before it is answered; the queue does the rest. @throws GateError */
export async function submitPrompt(turn: Turn, services: TurnServices): Promise<void> {
  const principal = principalOf(turn)
  const { accountId, role } = principal
  const { settings, jobs } = services.dependencies
  if (services.upstream() === undefined) throw engineUnavailable()
  const bytes = await readTurnBody(turn, services, settings.get('limits.promptBytes'))
  // A job whose events nobody hears would end unseen.
  await services.hub.collectorId()
  const prompt = checkPrompt(
    bytes,
    { administrator: role === 'administrator' },
    { maxNodes: settings.get('limits.promptNodes') },
  )
  await jobs.checkLimits({ accountId, role, nodes: prompt.nodes }, bytes.length)
  const refusal = await services.dependencies.nodes.findRefusal(accountId, prompt.nodes)
  if (refusal !== undefined) throw refusal
  const validation = await withinTurns(turn, services, () => validate(prompt, principal, services))
  if (validation.kind === 'invalid') {
    answerJsonText(turn.response, 400, validation.answer)
    return
  }
  await confirm(principal, services)
  const { id, number } = await jobs.accept({ ...prompt, accountId, role, outputs: validation.outputs })
  const { listener, clientAddress, method, target } = turn.exchange
  const event = { type: 'prompt.accepted', listener, clientAddress, method, path: target.path, principal } as const
  services.dependencies.audit.record({ ...event, detail: id })
  const answer = `{"prompt_id":${JSON.stringify(id)},"number":${String(number)},"node_errors":${validation.nodeErrors}}`
  answerJsonText(turn.response, 200, answer)
}

/**
 * Outliving a revocation: a large body and its validation take their time, and nothing is kept for who was let go.
 * @throws GateError AUTH_INVALID, PERMISSION_DENIED when the role is another one by now
 */
async function confirm(principal: Principal, { dependencies }: TurnServices): Promise<void> {
  const now = await dependencies.authenticator.reauthenticate(principal)
  if (now === undefined) throw new GateError('AUTH_INVALID', 'This sign-in or key has ended.')
  if (now.role !== principal.role)
    throw new GateError('PERMISSION_DENIED', 'Your role was changed just now. Send it again.')
}

/** Asks the engine's own validation, which stores nothing. @throws GateError ENGINE_UNAVAILABLE, BAD_REQUEST */
async function validate(prompt: CheckedPrompt, principal: Principal, services: TurnServices): Promise<Validation> {
  const { nodes, targets } = prompt
  const members = new Map([
    ['prompt', nodes],
    ...(targets === undefined ? [] : [['partial_execution_targets', targets] as const]),
  ])
  const body = formatLosslessJson(members)
  const path = '/gatehouse/companion/validate'
  const answer = await services.errands.askFor(principal.accountId, { method: 'POST', path, body })
  if (answer === undefined) throw engineUnavailable()
  switch (answer.status) {
    case 200:
      return readValidation(shownTo(principal, answer.body))
    case 400:
      return { kind: 'invalid', answer: formatLosslessJson(shownTo(principal, answer.body)) }
    // An engine of before: what it refuses is told when it is handed over.
    case 404:
    case 405:
      return { kind: 'valid', nodeErrors: '{}', outputs: undefined }
    case 500:
      throw unreadable()
    default:
      throw engineUnavailable(new Error(`validate answered ${answer.status}`))
  }
}

const unreadable = (cause?: unknown): GateError =>
  new GateError('BAD_REQUEST', 'ComfyUI could not read this workflow.', {
    cause,
    details: { promptError: 'invalid_prompt' },
  })

/** Paths tell of this computer, so only who looks after it sees them. @throws GateError BAD_REQUEST */
function shownTo({ role }: Principal, body: Buffer): JsonValue {
  try {
    const answer = parseLosslessJson(body.toString('utf8'))
    return role === 'administrator' ? answer : validationWithoutPaths(answer)
  } catch (cause) {
    throw unreadable(cause)
  }
}

function readValidation(answer: JsonValue): Validation {
  const [nodeErrors, outputs] = isObject(answer) ? [answer.get('node_errors'), answer.get('outputs')] : []
  return {
    kind: 'valid',
    nodeErrors: isObject(nodeErrors) ? formatLosslessJson(nodeErrors) : '{}',
    outputs: Array.isArray(outputs) ? formatLosslessJson(outputs) : undefined,
  }
}

/** `GET /prompt`: how many of one's own jobs wait or run. */
export function answerPromptInfo(turn: Turn, services: TurnServices): void {
  const count = services.dependencies.jobs.countActive(principalOf(turn).accountId)
  answerJson(turn.response, 200, { exec_info: { queue_remaining: count } })
}
