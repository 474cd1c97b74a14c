import type { IncomingMessage, ServerResponse } from 'node:http'
import { GateError } from '../contract/errorCodes.ts'
import { draftLimitBytes } from '../contract/workflowDrafts.ts'
import { readBody } from '../http/bodyReader.ts'
import type { Authenticator, RequestContext } from '../pipeline/requestContext.ts'
import type { ApiRouter } from './router.ts'

/** The API's bodies are small: names, passwords, settings. */
const bodyLimits = { limitBytes: 256 * 1024, deadlineMs: 30_000, idleMs: 10_000 }

/** A graph with ComfyUI's file of it, or a picture. */
const WORKFLOW_BYTES = 16 * 1024 * 1024
const WORKFLOWS = '/gatehouse/api/v1/workflows'
/** A list with tens of thousands of addresses. */
const ADDRESS_LIST_BYTES = 2 * 1024 * 1024
const ADDRESS_LIST = '/gatehouse/api/v1/ip-rules/import'
const isWorkflowPicture = (path: string): boolean => /^\/gatehouse\/api\/v1\/workflows\/[^/]+\/picture$/.test(path)

/** Workflows and lists come from administrators only; nobody else fills memory with them. What runs one is small. */
function bodyLimitsOf({ target: { path }, principal }: RequestContext) {
  if (principal?.role !== 'administrator' || path.endsWith('/run')) return bodyLimits
  if (path === ADDRESS_LIST) return { ...bodyLimits, limitBytes: ADDRESS_LIST_BYTES }
  if (path === `${WORKFLOWS}/drafts`) return { ...bodyLimits, limitBytes: draftLimitBytes }
  const isLarge = path === WORKFLOWS || path.startsWith(`${WORKFLOWS}/`)
  return isLarge ? { ...bodyLimits, limitBytes: WORKFLOW_BYTES } : bodyLimits
}

const methodsWithBody = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Asks the router, with a request made of what the pipeline has parsed: the target that was authorised is the one that
 * is routed, and the body is read whole, bounded in size and time, before any handler runs.
 * @throws GateError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, BAD_REQUEST, AUTH_INVALID
 */
export async function askRouter(
  router: ApiRouter,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  asked: RequestContext,
  authenticator: Authenticator,
): Promise<Response> {
  const hasBody = methodsWithBody.has(asked.method)
  const isPicture = asked.method === 'PUT' && isWorkflowPicture(asked.target.path)
  if (isPicture && !isImage(incoming.headers['content-type'])) {
    throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Send the picture itself, as image/png, image/jpeg or image/webp.')
  }
  if (hasBody && !isPicture && !isJson(incoming.headers['content-type'])) {
    throw new GateError('UNSUPPORTED_MEDIA_TYPE', 'Send this as application/json.')
  }
  const body = hasBody ? await readBody(incoming, bodyLimitsOf(asked)) : undefined
  const context = body === undefined ? asked : await confirm(asked, authenticator)
  const request = new Request(`http://gatehouse.invalid${context.target.path}${context.target.search}`, {
    method: context.method,
    headers: toHeaders(incoming),
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  })
  return router.fetch(request, { context, incoming, outgoing, body })
}

/** Outliving a revocation: a body may take half a minute to arrive, and whoever sends it may have lost the right by then. */
async function confirm(context: RequestContext, authenticator: Authenticator): Promise<RequestContext> {
  if (context.principal === undefined) return context
  const principal = await authenticator.reauthenticate(context.principal)
  if (principal === undefined) throw new GateError('AUTH_INVALID', 'This sign-in or key has ended.')
  return { ...context, principal }
}

/** Cross-site forms can send text/plain and urlencoded bodies without asking; JSON they cannot. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType ?? '')
}

/** These, too, cross-site forms cannot send. */
const isImage = (contentType: string | undefined): boolean =>
  /^image\/(?:png|jpeg|webp)\s*(?:;|$)/i.test(contentType ?? '')

/** What handlers need. No cookie, no Authorization: who asks was decided before. */
function toHeaders(incoming: IncomingMessage): Record<string, string> {
  const names = ['content-type', 'user-agent', 'accept'] as const
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = incoming.headers[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

export async function writeAnswer(answer: Response, outgoing: ServerResponse): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer())
  outgoing.statusCode = answer.status
  const cookies: string[] = []
  answer.headers.forEach((value, name) => {
    // One after the other: joined, they would be one cookie.
    if (name === 'set-cookie') cookies.push(value)
    else outgoing.setHeader(name, value)
  })
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies)
  if (answer.status !== 204) outgoing.setHeader('content-length', body.length)
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body)
}
