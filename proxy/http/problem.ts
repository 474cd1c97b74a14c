import { GateError } from '../contract/errorCodes.ts'
import type { ErrorCode } from '../contract/errorCodes.ts'
import { PROBLEM_PAGE_POLICY, problemPage } from './problemPage.ts'
import { everywhere } from './securityHeaders.ts'

/** How the client wants to be told: as an API, as ComfyUI's `POST /prompt`, as a page, or on an upgrade. */
export type Audience = 'api' | 'prompt' | 'page' | 'upgrade'

export interface Answer {
  readonly status: number
  /** Alternating names and values. */
  readonly headers: readonly string[]
  readonly body: string
}

/** Titles of the refusals that people meet in a browser. */
const titles: Readonly<Partial<Record<ErrorCode, string>>> = {
  AUTH_INVALID: 'That sign-in does not hold',
  AUTH_REQUIRED: 'Please sign in',
  BAD_REQUEST: 'That request was not understood',
  BODY_TOO_LARGE: 'That is too large',
  ENGINE_UNAVAILABLE: 'ComfyUI is not ready yet',
  FOREIGN_ORIGIN: 'That came from another site',
  HTTPS_REQUIRED: 'Only encrypted here',
  HOST_NOT_ALLOWED: 'That name does not belong here',
  METHOD_NOT_ALLOWED: 'That cannot be done here',
  NOT_FOUND: 'Nothing is here',
  OWNER_ONLY: 'Only on the computer itself',
  PASSWORD_REQUIRED: 'Your password is needed',
  PERMISSION_DENIED: 'You may not do that',
  QUOTA_EXCEEDED: 'That is more than you have',
  RATE_LIMITED: 'Too many requests',
  SECRETS_UNAVAILABLE: 'The key store cannot be read',
  SIGN_IN_FAILED: 'That did not work',
  TOO_MANY_CONNECTIONS: 'Too many connections',
  UNSUPPORTED_MEDIA_TYPE: 'That format is not accepted',
  INTERNAL_ERROR: 'Something went wrong',
}

const titleOf = (code: ErrorCode): string => titles[code] ?? 'That was refused'

/** Seconds after which asking again makes sense. */
const retryAfter: Readonly<Partial<Record<ErrorCode, number>>> = {
  ENGINE_UNAVAILABLE: 2,
  RATE_LIMITED: 5,
  TOO_MANY_CONNECTIONS: 5,
  SECRETS_UNAVAILABLE: 10,
}

/** Whatever was thrown, as an expected refusal; what is not one becomes INTERNAL_ERROR without a word of its own. */
export function toGateError(error: unknown): GateError {
  if (error instanceof GateError) return error
  return new GateError('INTERNAL_ERROR', 'The gate could not decide about this request, so it refused it.', {
    cause: error,
  })
}

/** The answer for a refusal. `ownPath` is the canonical path and query asked for, used for the way back after sign-in. */
export function describeRefusal(error: GateError, audience: Audience, ownPath: string): Answer {
  const headers = ['cache-control', 'no-store', 'vary', 'Cookie, Accept, Authorization']
  for (const [name, value] of everywhere) headers.push(name, value)
  const wait = typeof error.details['retryAfterSeconds'] === 'number' ? error.details['retryAfterSeconds'] : undefined
  const retrySeconds = wait ?? retryAfter[error.code]
  if (retrySeconds !== undefined) headers.push('retry-after', String(Math.ceil(retrySeconds)))
  headers.push(...rateLimitFields(error))
  if (error.status === 405 && Array.isArray(error.details['allow']))
    headers.push('allow', error.details['allow'].join(', '))
  // Never Basic: a browser would then send it by itself, also for a foreign page.
  if (error.status === 401) headers.push('www-authenticate', 'Bearer')
  const redirect = error.details['redirect']
  if (typeof redirect === 'string') {
    return { status: 302, headers: [...headers, 'location', redirect], body: '' }
  }
  if (audience === 'page') return describeAsPage(error, ownPath, retrySeconds, headers)
  if (audience === 'prompt') {
    headers.push('content-type', 'application/json; charset=utf-8')
    return { status: error.status, headers, body: JSON.stringify(promptBody(error)) }
  }
  headers.push('content-type', 'application/problem+json; charset=utf-8')
  return { status: error.status, headers, body: JSON.stringify(problemBody(error)) }
}

function describeAsPage(
  error: GateError,
  ownPath: string,
  retrySeconds: number | undefined,
  headers: string[],
): Answer {
  // The sign-in page itself is refused when its request carries a broken credential: going there again would never end.
  if (error.status === 401 && !/^\/login(?:\?|$)/.test(ownPath)) {
    headers.push('location', `/login?next=${encodeURIComponent(ownPath)}`)
    return { status: 302, headers, body: '' }
  }
  // The address that the owner hands out is ComfyUI's page; who may not open it has pages of their own.
  if (error.code === 'PERMISSION_DENIED' && /^\/(?:\?|$)/.test(ownPath)) {
    headers.push('location', '/gatehouse/')
    return { status: 302, headers, body: '' }
  }
  headers.push('content-type', 'text/html; charset=utf-8', 'content-security-policy', PROBLEM_PAGE_POLICY)
  const reloadSeconds = error.status === 503 ? retrySeconds : undefined
  const link = reloadSeconds === undefined ? { url: '/gatehouse/', words: 'Your account' } : undefined
  return {
    status: error.status,
    headers,
    body: problemPage(titleOf(error.code), error.message, { reloadSeconds, link }),
  }
}

/** Details that only choose another form of the answer. */
const NOT_TOLD = new Set([
  'allow',
  'redirect',
  'promptError',
  'promptDetails',
  'nodeErrors',
  'rateLimitPolicy',
  'rateLimit',
])

/** RFC 9457 problem details. */
function problemBody(error: GateError): Record<string, unknown> {
  const members = Object.entries(error.details).filter(([name]) => !NOT_TOLD.has(name))
  return {
    type: 'about:blank',
    title: titleOf(error.code),
    status: error.status,
    detail: error.message,
    code: error.code,
    ...Object.fromEntries(members),
  }
}

const promptErrors: Readonly<Partial<Record<ErrorCode, string>>> = {
  ENGINE_UNAVAILABLE: 'engine_unavailable',
  QUOTA_EXCEEDED: 'quota_exceeded',
}

/** ComfyUI's own shape of a refused prompt, which its page shows to the person. */
function promptBody(error: GateError): Record<string, unknown> {
  const type = error.details['promptError']
  const told = error.details['promptDetails']
  const details = typeof told === 'string' ? told : ''
  // What ComfyUI itself refuses so is said in its words, to the letter.
  const isComfyuis = typeof type === 'string' && type !== 'not_allowed' && details !== ''
  return {
    error: {
      type: typeof type === 'string' ? type : (promptErrors[error.code] ?? 'not_allowed'),
      ...(isComfyuis ? { message: error.message, details } : toPromptWords(error.message, details)),
      extra_info: {},
    },
    node_errors: error.details['nodeErrors'] ?? {},
  }
}

const NOTHING_MORE = 'It was not put in line.'

/** ComfyUI's page joins the two as "message: details", so the first is a clause and the second is never empty. */
function toPromptWords(words: string, details: string): { readonly message: string; readonly details: string } {
  if (details !== '') return { message: withoutStop(words), details }
  const [, first = words, rest = ''] = /^(.+?)(?:: |\. (?=[A-Z\d]))(.+)$/s.exec(words) ?? []
  return { message: withoutStop(first), details: rest === '' ? NOTHING_MORE : rest }
}

const withoutStop = (words: string): string => words.replace(/\.$/, '')

/** A refusal written as bytes, for a socket that was to be upgraded and for what the parser refused. */
export function formatRawAnswer({ status, headers, body }: Answer, reason: string): string {
  const lines = [`HTTP/1.1 ${status} ${reason}`]
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at] ?? ''}: ${headers[at + 1] ?? ''}`)
  lines.push(`content-length: ${Buffer.byteLength(body)}`, 'connection: close')
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** The fields RateLimit-Policy and RateLimit of the IETF's draft-ietf-httpapi-ratelimit-headers, where there are any. */
function rateLimitFields({ details }: GateError): string[] {
  const { rateLimitPolicy, rateLimit } = details
  if (typeof rateLimitPolicy !== 'string' || typeof rateLimit !== 'string') return []
  return ['ratelimit-policy', rateLimitPolicy, 'ratelimit', rateLimit]
}
