import { checkPrompt } from '../comfyui/prompt.ts'
import type { CheckedPrompt } from '../comfyui/prompt.ts'
import { GateError } from '../contract/errorCodes.ts'
import { answerJson, answerJsonText } from '../http/ownAnswer.ts'
import { holds } from '../policy/rights.ts'
import { readTurnBody } from './forwardTurn.ts'
import type { Turn, TurnServices } from './forwardTurn.ts'
import { publishedOrder, requireEngine, takePrompt } from './promptIntake.ts'
import type { PromptOrder } from './promptIntake.ts'
import type { Principal } from './requestContext.ts'

/** Whose request it is. @throws TypeError on a route that is open to nobody in particular */
export function principalOf({ exchange: { principal } }: Turn): Principal {
  if (principal === undefined) throw new TypeError('the route needs a principal')
  return principal
}

/** `POST /prompt`: checked, validated and kept on disk before it is answered; the queue does the rest. @throws GateError */
export async function submitPrompt(turn: Turn, services: TurnServices): Promise<void> {
  const principal = principalOf(turn)
  const { settings } = services.dependencies
  await requireEngine(services)
  const bytes = await readTurnBody(turn, services, await findBodyLimit(principal, services))
  const prompt = checkPrompt(
    bytes,
    { administrator: principal.role === 'administrator' },
    { maxNodes: settings.get('limits.promptNodes') },
  )
  const order = await findOrder(prompt, principal, services)
  const taken = await takePrompt({ ...order, asked: turn.exchange, principal, bytes: bytes.length }, services)
  if (taken.kind === 'invalid') {
    answerJsonText(turn.response, 400, taken.answer)
    return
  }
  const { id, number, nodeErrors } = taken
  const answer = `{"prompt_id":${JSON.stringify(id)},"number":${String(number)},"node_errors":${nodeErrors}}`
  answerJsonText(turn.response, 200, answer)
}

/** A graph of one's own may be large; whoever runs what was published sends little more than that. */
async function findBodyLimit(principal: Principal, { dependencies }: TurnServices): Promise<number> {
  const limit = dependencies.settings.get('limits.promptBytes')
  if (holds(principal, 'graphs') || dependencies.published === undefined) return limit
  return Math.min(limit, await dependencies.published.findBodyLimit())
}

/**
 * Whoever may build runs what they sent. Everybody else runs the published workflow that it is, and nothing that they
 * sent but the values of inputs that may be changed. @throws GateError BAD_REQUEST naming what differs
 */
async function findOrder(
  prompt: CheckedPrompt,
  principal: Principal,
  { dependencies }: TurnServices,
): Promise<Pick<PromptOrder, 'prompt' | 'published'>> {
  if (holds(principal, 'graphs')) return { prompt, published: undefined }
  if (dependencies.published === undefined) throw nothingPublished()
  return publishedOrder(await dependencies.published.match(principal, prompt.nodes), prompt)
}

const nothingPublished = (): GateError =>
  new GateError('BAD_REQUEST', 'You can run the workflows that were made ready for you. This is none of them.', {
    details: { promptError: 'not_allowed' },
  })

/** `GET /prompt`: how many of one's own jobs wait or run. */
export function answerPromptInfo(turn: Turn, services: TurnServices): void {
  const count = services.dependencies.jobs.countActive(principalOf(turn).accountId)
  answerJson(turn.response, 200, { exec_info: { queue_remaining: count } })
}
