import type { IncomingMessage, ServerResponse } from 'node:http'
import { engineUnavailable, forward, UnknownUserError } from '../forward/httpForwarder.ts'
import type { ForwarderEvents, ForwardPlan } from '../forward/httpForwarder.ts'
import { RequestBody } from '../forward/requestBody.ts'
import type { RequestBodyOptions } from '../forward/requestBody.ts'
import { editAnswer } from '../forward/responseRewriter.ts'
import type { Upstream } from '../forward/upstream.ts'
import { bodyTooLarge, readBody } from '../http/bodyReader.ts'
import { formatQuery, parseQuery } from '../http/requestTarget.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { AccountCap } from './accountCap.ts'
import type { EngineErrands } from './engineErrands.ts'
import type { EngineUsers } from './engineUsers.ts'
import type { AccountTurns } from './accountTurns.ts'
import type { HeavyRequests } from './heavyRequests.ts'
import type { Exchange } from './exchange.ts'
import type { GateDependencies } from './services.ts'
import type { SocketHub } from './socketHub.ts'

/** How long a client may be silent inside a body. */
const IDLE_BODY_MS = 30_000
/** For bodies that are read whole. */
const BODY_DEADLINE_MS = 120_000

/** A request that passed every stage, about to be answered. */
export interface Turn {
  readonly exchange: Exchange
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export interface TurnServices {
  readonly dependencies: GateDependencies
  /** The engine's connections; undefined while the engine is not ready. */
  readonly upstream: () => Upstream | undefined
  readonly users: EngineUsers
  readonly forwarderEvents: ForwarderEvents
  readonly hub: SocketHub
  readonly errands: EngineErrands
  /** Of the connections to the engine. */
  readonly turns: AccountCap
  readonly heavy: HeavyRequests
  /** Of answers that may be megabytes, written row by row. */
  readonly longAnswers: AccountTurns
  /** Of the memory for bodies that are read whole, in bytes. */
  readonly bodies: AccountCap
}

/** A quarter of what goes to the engine at once. */
export const TURNS_PER_ACCOUNT = 128
/** Several of the largest prompts. */
export const BODY_BYTES_PER_ACCOUNT = 64 * 1024 * 1024

export type PlanChanges = Partial<Omit<ForwardPlan, 'method' | 'path'>> &
  Pick<RequestBodyOptions, 'inspector' | 'beforeEnd'>

/**
 * Builds the engine's request out of the exchange's parsed parts and streams both bodies.
 * @throws GateError while nothing was answered yet
 */
export async function forwardTurn(turn: Turn, services: TurnServices, changes: PlanChanges = {}): Promise<void> {
  takeTurn(accountIdOf(turn), services)
  let plan: ForwardPlan | undefined
  try {
    const upstream = services.upstream()
    if (upstream === undefined) throw engineUnavailable()
    const { principal } = turn.exchange
    await checkRoom(turn, services)
    const introducing = principal === undefined ? undefined : services.users.introduce(upstream, principal.accountId)
    if (introducing !== undefined) await introducing
    plan = createPlan(turn, services, changes)
    await send(upstream, plan, turn, services)
  } finally {
    if (plan?.body instanceof RequestBody) plan.body.destroy()
    services.turns.give(accountIdOf(turn), 1)
  }
}

/** Whatever a person sends may be kept in their folders. @throws GateError QUOTA_EXCEEDED */
async function checkRoom({ exchange }: Turn, { dependencies }: TurnServices): Promise<void> {
  const { head, principal, route } = exchange
  if (head.bodyBytes === 0 || principal === undefined || dependencies.room === undefined) return
  // A body that does not say how long it is may be as long as any may.
  const bytes = head.bodyBytes > 0 ? head.bodyBytes : dependencies.settings.get('limits.uploadBytes')
  await dependencies.room.checkInput(principal.accountId, bytes, route.action === 'upload')
}

/** For what keeps a connection to the engine for somebody without being forwarded. @throws GateError TOO_MANY_CONNECTIONS */
export async function withinTurns<Result>(
  accountId: string,
  services: Pick<TurnServices, 'turns'>,
  action: () => Promise<Result>,
): Promise<Result> {
  takeTurn(accountId, services)
  try {
    return await action()
  } finally {
    services.turns.give(accountId, 1)
  }
}

const accountIdOf = ({ exchange: { principal } }: Turn): string => principal?.accountId ?? ''

/** Slow bodies, slow readers and long questions: each holds a connection to the engine for as long as it likes. */
function takeTurn(accountId: string, { turns }: Pick<TurnServices, 'turns'>): void {
  if (turns.take(accountId, 1)) return
  throw new GateError('TOO_MANY_CONNECTIONS', 'Too many of your requests are under way. Let some of them end first.')
}

/** Once more when the engine has forgotten the person and the request can be sent again whole. */
async function send(upstream: Upstream, plan: ForwardPlan, turn: Turn, services: TurnServices): Promise<void> {
  const { principal } = turn.exchange
  try {
    await forward(upstream, plan, turn, services.forwarderEvents)
  } catch (error) {
    if (!(error instanceof UnknownUserError) || principal === undefined) throw error
    await services.users.introduceAgain(upstream, principal.accountId)
    // What of the body is gone cannot be sent again.
    if (plan.body instanceof RequestBody) throw engineUnavailable(error)
    await forward(upstream, plan, turn, services.forwarderEvents)
  }
}

function createPlan(turn: Turn, services: TurnServices, changes: PlanChanges): ForwardPlan {
  const { method, target, route, head, principal } = turn.exchange
  // On guarded routes the engine gets exactly the pairs that were checked.
  const search = route.uniqueQuery ? formatQuery(parseQuery(target.search)) : target.search
  const { inspector, beforeEnd, headers = head.forwarded, ...others } = changes
  return {
    method,
    path: target.path + search,
    edit: editAnswer,
    ...(others.body === undefined
      ? streamedBody(turn, services, { ...(inspector && { inspector }), ...(beforeEnd && { beforeEnd }) })
      : {}),
    ...others,
    headers: principal === undefined ? headers : [...headers, 'x-gatehouse-user', principal.accountId],
  }
}

function streamedBody(
  { exchange: { head }, request, response }: Turn,
  { dependencies }: TurnServices,
  watch: Pick<RequestBodyOptions, 'inspector' | 'beforeEnd'>,
): Pick<ForwardPlan, 'body' | 'bodyBytes'> {
  if (head.bodyBytes === 0) return {}
  const limitBytes = dependencies.settings.get('limits.uploadBytes')
  if (head.bodyBytes > limitBytes) throw bodyTooLarge(limitBytes)
  if (head.expect !== undefined) response.writeContinue()
  const body = new RequestBody(request, { limitBytes, idleMs: IDLE_BODY_MS, ...watch })
  return { body, bodyBytes: head.bodyBytes }
}

/** Reads a body that the gate must understand. @throws GateError BODY_TOO_LARGE, BAD_REQUEST, TOO_MANY_CONNECTIONS */
export async function readTurnBody(turn: Turn, { bodies }: TurnServices, limitBytes: number): Promise<Buffer> {
  const { request, response } = turn
  const { head } = turn.exchange
  if (head.bodyBytes > limitBytes) throw bodyTooLarge(limitBytes)
  if (head.expect !== undefined) response.writeContinue()
  if (head.bodyBytes === 0) return Buffer.alloc(0)
  const accountId = accountIdOf(turn)
  let held = 0
  // What was read is kept until the engine has answered.
  response.once('close', () => bodies.give(accountId, held))
  const onPiece = (bytes: number): void => {
    if (!bodies.take(accountId, bytes)) {
      throw new GateError('TOO_MANY_CONNECTIONS', 'Too much of what you sent is still under way. Let some of it end.')
    }
    held += bytes
  }
  return readBody(request, { limitBytes, deadlineMs: BODY_DEADLINE_MS, idleMs: IDLE_BODY_MS, onPiece })
}

/** The client's headers without those that would make an answer unreadable for the gate. */
export function withoutEncodings({ head }: Exchange): readonly string[] {
  const kept: string[] = []
  for (let at = 0; at < head.forwarded.length; at += 2) {
    const name = head.forwarded[at] ?? ''
    if (!UNREADABLE.has(name)) kept.push(name, head.forwarded[at + 1] ?? '')
  }
  return kept
}

const UNREADABLE = new Set(['accept-encoding', 'range', 'if-range', 'if-none-match', 'if-modified-since'])
