import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { RouteAccess } from '../comfyui/routeTable.ts'
import { GateError } from '../contract/errorCodes.ts'
import { reservedPermissions } from '../contract/permissions.ts'
import { normaliseAddress } from '../core/addresses.ts'
import { TOKEN_COOKIE } from '../core/cookieNames.ts'
import { closeAfterResponse } from '../http/closeAfterResponse.ts'
import { writeAnswer } from '../http/ownAnswer.ts'
import { describeRefusal, formatRawAnswer, toGateError } from '../http/problem.ts'
import type { Audience } from '../http/problem.ts'
import { actions } from './actions.ts'
import type { PipelineEvent } from './audit.ts'
import { audienceOf, openExchange } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import type { TurnServices } from './forwardTurn.ts'
import { runStages } from './pipeline.ts'
import type { Stage, StageServices } from './pipeline.ts'
import type { LiveUse, PresenceRegistry } from './presence.ts'
import type { ListenerName, Principal } from './requestContext.ts'

export interface EntryServices extends TurnServices {
  readonly stages: readonly Stage[]
  readonly stageServices: StageServices
  readonly presence: PresenceRegistry
}

/** Takes one HTTP request through the pipeline. Never throws; every way out is an answer or a closed connection. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  socket: Socket,
  listener: ListenerName,
  services: EntryServices,
): Promise<void> {
  response.on('error', ignoreBrokenClient)
  let exchange: Exchange | undefined
  try {
    const { clientRules } = services.stageServices
    exchange = openExchange(request, { listener, upgrade: false, revision: services.presence.revision, clientRules })
    if (exchange.secure) tellStrictTransport(response, services.stageServices)
    const waiting = runStages(exchange, services.stageServices, services.stages)
    if (waiting !== undefined) await waiting
    if (response.destroyed) return
    await answer(exchange, request, response, services)
  } catch (error) {
    refuseRequest(error, exchange, { request, response, socket, listener }, services)
  }
}

/** Only with a certificate that everybody trusts: it counts for every port of the name, other programs' too (B42). */
function tellStrictTransport(response: ServerResponse, { tls }: StageServices): void {
  if (tls?.isPubliclyTrusted === true) response.setHeader('strict-transport-security', `max-age=${180 * 86_400}`)
}

/** The other side may go at any time; whoever writes notices by `close`. */
const ignoreBrokenClient = (): void => undefined

async function answer(
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
  services: EntryServices,
): Promise<void> {
  const { principal, route, method } = exchange
  if (principal !== undefined) {
    trackUse(new RequestUse(exchange, principal, response), response, services.presence)
  }
  if (principal?.madeUp === true && !isRead(exchange)) {
    // Trying out what a role reaches must not do what it asks for, however wrongly it was let through.
    writeAnswer(response, { status: 204, headers: [], body: '' })
    return
  }
  if (method === 'OPTIONS') {
    const allow = route.allowed ?? ['GET', 'HEAD', 'POST']
    writeAnswer(response, { status: 204, headers: ['allow', [...new Set(['OPTIONS', ...allow])].join(', ')], body: '' })
    return
  }
  await actions[route.action]({ exchange, request, response }, services)
  const toldElsewhere = route.action === 'own' || route.action === 'prompt'
  if (principal === undefined || toldElsewhere || method === 'GET' || method === 'HEAD') return
  const { listener, clientAddress, target, head } = exchange
  const { userAgent } = head
  const asked = { listener, clientAddress, principal, userAgent, method, path: target.path }
  const event = { type: 'request.changed', ...asked, reserved: isReservedAccess(route.access) } as const
  services.dependencies.audit.record(event)
}

/** What nobody but administrators does is kept in the log however much else there is. */
const isReservedAccess = (access: RouteAccess): boolean => reservedPermissions.some((reserved) => reserved === access)

const isRead = ({ method, route }: Exchange): boolean => (method === 'GET' || method === 'HEAD') && !route.unsafeGet

/** A long download or event stream ends with the credential it rests on. A class: this runs for every request. */
class RequestUse implements LiveUse {
  readonly kind = 'request'
  principal: Principal
  readonly access: RouteAccess
  readonly isOwn: boolean
  readonly method: string
  readonly segments: readonly string[]
  readonly listener: ListenerName
  readonly clientAddress: string
  readonly userAgent: string | undefined
  readonly revision: number
  readonly #response: ServerResponse

  constructor(
    { route, method, target, listener, clientAddress, head, revision }: Exchange,
    principal: Principal,
    response: ServerResponse,
  ) {
    this.principal = principal
    this.access = route.access
    this.isOwn = route.action === 'own'
    this.method = method
    this.segments = target.segments
    this.listener = listener
    this.clientAddress = clientAddress
    this.userAgent = head.userAgent
    this.revision = revision
    this.#response = response
  }

  get isStream(): boolean {
    return this.isOwn && this.#response.headersSent
  }

  end(): boolean {
    // Signing out ends the very session it was asked with; that answer still goes out.
    if (this.isOwn && !this.#response.headersSent) return false
    this.#response.destroy()
    return true
  }
}

function trackUse(use: LiveUse, response: ServerResponse, presence: PresenceRegistry): void {
  presence.add(use)
  response.on('close', () => presence.remove(use))
}

interface Refused {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
  readonly listener: ListenerName
}

function refuseRequest(error: unknown, exchange: Exchange | undefined, at: Refused, services: EntryServices): void {
  const refusal = toGateError(error)
  if (!isLedOn(refusal, exchange)) tellAudit(refusal, exchange, at, services)
  const { request, response, socket } = at
  if (response.destroyed) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  // After wrong framing nobody knows where the next request starts.
  if (exchange === undefined || (exchange.head.bodyBytes !== 0 && !request.complete))
    closeAfterResponse(response, socket)
  const audience: Audience = exchange === undefined ? 'api' : audienceOf(exchange)
  const ownPath = exchange === undefined ? '/' : exchange.target.path + exchange.target.search
  writeAnswer(response, describeRefusal(refusal, audience, ownPath))
}

/**
 * Whoever typed the address without `https` is sent there: nothing was refused that an owner should look at, unless
 * something crossed the network with it that whoever listened can go on with.
 */
const isLedOn = ({ code, details }: GateError, exchange: Exchange | undefined): boolean =>
  code === 'HTTPS_REQUIRED' && details['redirect'] !== undefined && !LASTING.test(exchange?.head.cookie ?? '')

/** Cookies that hold under TLS: browsers keep those to themselves here, and tools do not. */
const LASTING = new RegExp(`(?:^|[;\\s])(?:__Host-gatehouse_\\w+|${TOKEN_COOKIE})=`)

/** Tells the audit of a refusal, and the log of a fault of our own. */
export function tellAudit(
  refusal: GateError,
  exchange: Exchange | undefined,
  { request, listener }: Pick<Refused, 'request' | 'listener'>,
  { dependencies }: Pick<EntryServices, 'dependencies'>,
): void {
  if (refusal.code === 'INTERNAL_ERROR')
    dependencies.logger.error({ err: refusal.cause }, 'a request was refused by a fault')
  const event: PipelineEvent = {
    type: 'request.denied',
    listener,
    clientAddress: exchange?.clientAddress ?? normaliseAddress(request.socket.remoteAddress ?? ''),
    principal: exchange?.principal,
    userAgent: exchange?.head.userAgent,
    method: request.method ?? '',
    path: exchange?.target.path ?? '',
    code: refusal.code,
  }
  try {
    dependencies.audit.record(event)
  } catch (error) {
    // The refusal stands whatever the audit says.
    dependencies.logger.error({ err: error }, 'a refusal could not be recorded')
  }
}

/** Takes one upgrade through the same stages. Refusals are plain HTTP answers, never a redirect. */
export async function handleUpgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  at: { readonly listener: ListenerName; readonly carrier: object },
  services: EntryServices,
): Promise<void> {
  let exchange: Exchange | undefined
  try {
    const { listener } = at
    const { clientRules } = services.stageServices
    exchange = openExchange(request, { listener, upgrade: true, revision: services.presence.revision, clientRules })
    await runStages(exchange, services.stageServices, services.stages)
    if (socket.destroyed) return
    if (exchange.principal?.madeUp === true) throw new GateError('PERMISSION_DENIED', 'Nobody is there to listen.')
    services.hub.accept(exchange, request, socket, head, at.carrier)
  } catch (error) {
    const refusal = toGateError(error)
    tellAudit(refusal, exchange, { request, listener: at.listener }, services)
    if (!socket.writable) {
      socket.destroy()
      return
    }
    const answer = describeRefusal(refusal, 'upgrade', '/')
    socket.end(formatRawAnswer(answer, STATUS_CODES[answer.status] ?? 'Refused'), () => socket.destroy())
  }
}
