import { validationWithoutPaths } from '../comfyui/errorPaths.ts'
import { formatLosslessJson, isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonValue } from '../comfyui/losslessJson.ts'
import type { CheckedPrompt } from '../comfyui/prompt.ts'
import type { PublishedRun } from '../workflows/publishedRuns.ts'
import { GateError } from '../contract/errorCodes.ts'
import { engineUnavailable } from '../forward/httpForwarder.ts'
import { isLess } from '../policy/rights.ts'
import { withinTurns } from './forwardTurn.ts'
import type { TurnServices } from './forwardTurn.ts'
import type { Principal, RequestContext } from './requestContext.ts'

/** What is to be put in line, and what it is of. */
export interface PromptOrder {
  /** The request that asks for it. */
  readonly asked: RequestContext
  readonly principal: Principal
  readonly prompt: CheckedPrompt
  /** Of what was sent. */
  readonly bytes: number
  /** The published workflow that runs; undefined: a graph of one's own. */
  readonly published: { readonly id: string; readonly version: number; readonly name: string } | undefined
}

export type Intake =
  | {
      readonly kind: 'accepted'
      readonly id: string
      readonly number: number
      /** JSON text. */
      readonly nodeErrors: string
    }
  /** ComfyUI's own words, as JSON text. */
  | { readonly kind: 'invalid'; readonly answer: string }

/** What was sent beside the graph counts only as far as it says where events go, and how they look. */
export function publishedOrder(
  { nodes, extraData, workflow: published }: PublishedRun,
  { wantedId, clientId, extraData: sent }: Pick<CheckedPrompt, 'wantedId' | 'clientId' | 'extraData'>,
): Pick<PromptOrder, 'prompt' | 'published'> {
  const preview = sent.get('preview_method')
  const shown = preview === undefined ? extraData : new Map([...extraData, ['preview_method', preview] as const])
  const place = { front: false, number: undefined }
  return { published, prompt: { wantedId, clientId, nodes, extraData: shown, targets: undefined, place } }
}

/** Before anything dear: nothing is taken while nobody could hear of it. @throws GateError ENGINE_UNAVAILABLE */
export async function requireEngine(services: TurnServices): Promise<void> {
  if (services.upstream() === undefined) throw engineUnavailable()
  // A job whose events nobody hears would end unseen.
  await services.hub.collectorId()
}

/**
 * Puts a checked prompt in line, whoever asked and by which way: within limits, validated by the engine, and on disk
 * before this resolves. @throws GateError
 */
export async function takePrompt(order: PromptOrder, services: TurnServices): Promise<Intake> {
  const { principal, prompt, published } = order
  const { accountId, baseRole: role } = principal
  const { jobs, audit } = services.dependencies
  await jobs.checkLimits({ accountId, role, nodes: prompt.nodes }, order.bytes)
  if (published === undefined) await requireAllowedNodes(order, services)
  const validation = await withinTurns(accountId, services, () => validate(order, services))
  if (validation.kind === 'invalid') return validation
  await confirm(order, services)
  const { id, number } = await jobs.accept({
    ...prompt,
    accountId,
    role,
    outputs: validation.outputs,
    ...toJournal(published),
  })
  const { listener, clientAddress, method, target } = order.asked
  const event = { type: 'prompt.accepted', listener, clientAddress, method, path: target.path, principal } as const
  audit.record({ ...event, detail: id })
  return { kind: 'accepted', id, number, nodeErrors: validation.nodeErrors }
}

/** What was published was looked at by the owner; the rules for nodes are for what people build. @throws GateError */
async function requireAllowedNodes({ principal, prompt }: PromptOrder, { dependencies }: TurnServices): Promise<void> {
  const refusal = await dependencies.nodes.findRefusal(principal.accountId, prompt.nodes)
  if (refusal !== undefined) throw refusal
}

const toJournal = (published: PromptOrder['published']) =>
  published && { published: { id: published.id, version: published.version }, title: published.name }

/**
 * Outliving a revocation: a large body and its validation take their time, and nothing is kept for who was let go.
 * @throws GateError AUTH_INVALID, PERMISSION_DENIED when the role is another one or gives less by now, or the workflow is not theirs
 */
async function confirm({ principal, published }: PromptOrder, { dependencies }: TurnServices): Promise<void> {
  const now = await dependencies.authenticator.reauthenticate(principal)
  if (now === undefined) throw new GateError('AUTH_INVALID', 'This sign-in or key has ended.')
  if (now.role !== principal.role || isLess(now.permissions, principal.permissions))
    throw new GateError('PERMISSION_DENIED', 'Your role was changed just now. Send it again.')
  if (published === undefined || (await dependencies.published?.isGranted(published.id, now)) === true) return
  throw new GateError('PERMISSION_DENIED', 'This workflow is not yours to run any more.')
}

type Validation =
  | { readonly kind: 'valid'; readonly nodeErrors: string; readonly outputs: string | undefined }
  | { readonly kind: 'invalid'; readonly answer: string }

/** Asks the engine's own validation, which stores nothing. @throws GateError ENGINE_UNAVAILABLE, BAD_REQUEST */
async function validate({ prompt, principal, published }: PromptOrder, services: TurnServices): Promise<Validation> {
  const { nodes, targets } = prompt
  const members = new Map<string, JsonValue>([
    ['prompt', nodes],
    ...(targets === undefined ? [] : [['partial_execution_targets', targets] as const]),
    ...(published === undefined ? [] : [['published', true] as const]),
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
