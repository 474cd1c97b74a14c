import { GateError } from '../contract/errorCodes.ts'

/** Everything the gate reads of a request's header section, read once. Names are compared in lower case. */
export interface RequestHead {
  readonly host: string
  /** Bytes of the body, -1 when it comes in chunks, 0 when there is none. */
  readonly bodyBytes: number
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly origin: string | undefined
  readonly referer: string | undefined
  readonly secFetchSite: string | undefined
  readonly secFetchMode: string | undefined
  readonly accept: string
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly userAgent: string | undefined
  readonly subprotocols: string | undefined
  readonly serviceWorker: string | undefined
  readonly expect: string | undefined
  /** What a proxy says of its client; believed of a trusted one only, and never sent on. */
  readonly forwardedFor: string | undefined
  readonly forwardedProto: string | undefined
  readonly forwardedHost: string | undefined
  /** Alternating names and values that may go to the engine, names in lower case. */
  readonly forwarded: readonly string[]
}

/**
 * Request headers that reach the engine. Everything else stays here: credentials, cookies, `Origin`, `Referer`,
 * `Sec-Fetch-Site`, `Forwarded`, `X-Forwarded-*`, `Comfy-User`, `Comfy-Usage-Source`, `X-HTTP-Method-Override`,
 * `X-Gatehouse-*`, hop-by-hop headers (RFC 9110 section 7.6.1) and what we do not know.
 */
const FORWARDED = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'sec-fetch-dest',
  'user-agent',
])

/** Headers of which a second one could be read by another server instead of the first. */
const SINGLE = new Set([
  'authorization',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'if-range',
  'origin',
  'range',
  'referer',
  'sec-fetch-site',
  'transfer-encoding',
])

/** Node stops telling of headers at some number (2000 in Node 16) though its parser still acts on them. */
const MAX_HEADERS = 256
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Methods whose body no server expects; on such a request a body is how a second request is smuggled in. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])

const refuse = (message: string): never => {
  throw new GateError('BAD_REQUEST', message)
}

interface Framing {
  readonly method: string
  readonly httpVersion: string
  readonly rawHeaders: readonly string[]
}

/**
 * Reads and checks a request's headers as they stood on the wire. Node's parser refuses most broken framing by
 * itself; this refuses what it lets pass (two Hosts, `gzip, chunked`, Transfer-Encoding on HTTP/1.0, `X-A : 1` on
 * older runtimes) and every body on a method that has none (CVE-2026-29057 and its family).
 * @throws GateError BAD_REQUEST; the connection must then be closed
 */
export function readRequestHead({ method, httpVersion, rawHeaders }: Framing): RequestHead {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') refuse('Only HTTP/1.1 is spoken here.')
  if (rawHeaders.length > 2 * MAX_HEADERS) refuse('The request has too many headers.')
  const values = new Map<string, string>()
  const passing: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = parseHeaderName(rawHeaders[at] ?? '')
    const value = rawHeaders[at + 1] ?? ''
    const before = values.get(name)
    if (before !== undefined) {
      if (SINGLE.has(name)) refuse(`The header ${name} was sent more than once.`)
      values.set(name, `${before}, ${value}`)
    } else {
      values.set(name, value)
    }
    if (FORWARDED.has(name)) passing.push(name, value)
  }
  const host = values.get('host') ?? refuse('The request names no host.')
  return {
    host,
    bodyBytes: readBodyBytes(method, httpVersion, values),
    authorization: values.get('authorization'),
    cookie: values.get('cookie'),
    origin: values.get('origin'),
    referer: values.get('referer'),
    secFetchSite: values.get('sec-fetch-site'),
    secFetchMode: values.get('sec-fetch-mode'),
    accept: values.get('accept') ?? '',
    contentType: values.get('content-type'),
    contentEncoding: values.get('content-encoding'),
    userAgent: values.get('user-agent'),
    subprotocols: values.get('sec-websocket-protocol'),
    serviceWorker: values.get('service-worker'),
    expect: values.get('expect'),
    forwardedFor: values.get('x-forwarded-for'),
    forwardedProto: values.get('x-forwarded-proto'),
    forwardedHost: values.get('x-forwarded-host'),
    forwarded: withoutConnectionNamed(passing, values.get('connection')),
  }
}

const MAX_KNOWN_NAMES = 500
const knownNames = new Map<string, string>()

/** In lower case. The same few names come with every request, so they are looked at once. */
function parseHeaderName(raw: string): string {
  const known = knownNames.get(raw)
  if (known !== undefined) return known
  const name = raw.toLowerCase()
  if (!TOKEN.test(name)) refuse('A header has a wrong name.')
  if (knownNames.size < MAX_KNOWN_NAMES && raw.length <= 64) knownNames.set(raw, name)
  return name
}

function readBodyBytes(method: string, httpVersion: string, values: ReadonlyMap<string, string>): number {
  const length = values.get('content-length')
  const encoding = values.get('transfer-encoding')
  if (encoding !== undefined) {
    if (httpVersion === '1.0') refuse('Transfer-Encoding does not exist in HTTP/1.0.')
    if (length !== undefined) refuse('Content-Length and Transfer-Encoding exclude each other.')
    if (encoding.trim().toLowerCase() !== 'chunked') refuse('The only transfer encoding is chunked.')
    if (BODILESS.has(method)) refuse(`A ${method} request has no body.`)
    return -1
  }
  if (length === undefined) return 0
  if (!/^\d{1,15}$/.test(length)) refuse('Content-Length is not a number.')
  const bytes = Number(length)
  if (bytes > 0 && BODILESS.has(method)) refuse(`A ${method} request has no body.`)
  return bytes
}

/** RFC 9110 section 7.6.1: a header that `Connection` names ends at this hop. */
function withoutConnectionNamed(passing: readonly string[], connection: string | undefined): readonly string[] {
  if (connection === undefined || !connection.includes(',')) {
    const only = connection?.trim().toLowerCase()
    if (only === undefined || only === 'keep-alive' || only === 'close' || only === 'upgrade') return passing
  }
  const named = new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
  const kept: string[] = []
  for (let at = 0; at < passing.length; at += 2) {
    const name = passing[at] ?? ''
    if (!named.has(name)) kept.push(name, passing[at + 1] ?? '')
  }
  return kept
}

/** Response headers of the engine that reach the client; no `Server`, no cookie, no CORS, nothing hop-by-hop. */
const RETURNED = new Set([
  'accept-ranges',
  'allow',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'retry-after',
  'vary',
])

/** What is left of the engine's response headers. */
export function selectResponseHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Map<string, string> {
  const selected = new Map<string, string>()
  for (const name of Object.keys(headers)) {
    if (!RETURNED.has(name)) continue
    const value = headers[name]
    if (value === undefined) continue
    selected.set(name, typeof value === 'string' ? value : value.join(', '))
  }
  return selected
}
