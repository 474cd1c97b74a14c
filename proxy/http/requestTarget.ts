import { GateError } from '../contract/errorCodes.ts'
import type { RequestTarget } from '../pipeline/requestContext.ts'

/*
 * proxy/http/ owns facts of the wire: targets, headers, addresses, bodies, answers. It knows no role, no account and
 * no route of ComfyUI.
 */

/** A target that was parsed once. What is authorised and what is forwarded are both made from it. */
export interface ParsedTarget extends RequestTarget {
  /** `?token=` as sent; never part of `search`. Undefined when absent. */
  readonly queryToken: string | undefined
}

const PRINTABLE_ASCII = /^[\x21-\x7e]*$/
// eslint-disable-next-line no-control-regex -- control bytes are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\/?$|^\/$/
const PERCENT = /%[0-9A-Fa-f]{2}/
/** Deeper encodings are refused anyway; ComfyUI itself decodes `/userdata/{file}` twice. */
const MAX_DECODINGS = 4

const refuse = (message: string): never => {
  throw new GateError('BAD_REQUEST', message)
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('The address has a wrong percent encoding.')
  }
}

/** Refuses what some server could read as another path: dot segments, separators and control bytes, however encoded. */
function checkMeaning(segment: string): void {
  if (segment.includes('\\')) refuse('The address contains a backslash.')
  if (CONTROL.test(segment)) refuse('The address contains a control character.')
  if (!segment.includes('/')) {
    if (segment === '.' || segment === '..') refuse('The address contains a dot segment.')
    return
  }
  for (const part of segment.split('/')) {
    if (part === '' || part === '.' || part === '..') refuse('The address contains a hidden path.')
  }
}

function decodeSegment(raw: string): string {
  if (!raw.includes('%')) {
    checkMeaning(raw)
    return raw
  }
  const segment = decodeOnce(raw)
  checkMeaning(segment)
  let deeper = segment
  for (let round = 0; PERCENT.test(deeper); round += 1) {
    if (round === MAX_DECODINGS) refuse('The address is encoded too often.')
    deeper = decodeOnce(deeper.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'))
    checkMeaning(deeper)
  }
  return segment
}

/** Splits `token` off a query string; every other pair stays as it was sent. */
function splitToken(search: string): { search: string; queryToken: string | undefined } {
  // The name may be percent-encoded: every pair is decoded for the comparison.
  const pairs = search.slice(1).split('&')
  let queryToken: string | undefined
  const kept = pairs.filter((pair) => {
    const at = pair.indexOf('=')
    const name = at === -1 ? pair : pair.slice(0, at)
    if (decodeQueryPart(name) !== 'token') return true
    if (queryToken !== undefined) refuse('The address carries more than one token.')
    queryToken = at === -1 ? '' : decodeQueryPart(pair.slice(at + 1))
    return false
  })
  return { search: kept.length === 0 ? '' : `?${kept.join('&')}`, queryToken }
}

function decodeQueryPart(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/**
 * Parses the target of a request line into its canonical form.
 * @throws GateError BAD_REQUEST for absolute-form, `//`, `\`, dot segments, control bytes and wrong encodings, raw or
 * encoded (RFC 9112 section 3.2; two servers that read a path differently are how a proxy is walked around)
 */
export function parseRequestTarget(rawUrl: string): ParsedTarget {
  const queryAt = rawUrl.indexOf('?')
  const rawPath = queryAt === -1 ? rawUrl : rawUrl.slice(0, queryAt)
  const rawSearch = queryAt === -1 ? '' : rawUrl.slice(queryAt)
  const { search, queryToken } = parseSearch(rawSearch)
  // The ordinary case: nothing encoded, nothing odd, so the path is its own canonical form.
  if (PLAIN_PATH.test(rawPath)) return { segments: rawPath.slice(1).split('/'), path: rawPath, search, queryToken }
  if (!rawPath.startsWith('/')) refuse('Only the path form of an address is accepted.')
  if (!PRINTABLE_ASCII.test(rawPath)) refuse('The address contains a character that must be encoded.')
  if (rawPath.includes('#')) refuse('The address contains a fragment.')
  if (rawPath.includes('//')) refuse('The address contains an empty segment.')
  const segments = rawPath.slice(1).split('/').map(decodeSegment)
  return { segments, path: formatPath(segments), search, queryToken }
}

function parseSearch(rawSearch: string): { search: string; queryToken: string | undefined } {
  if (rawSearch.length <= 1) return { search: '', queryToken: undefined }
  if (!PRINTABLE_ASCII.test(rawSearch)) refuse('The query contains a character that must be encoded.')
  if (rawSearch.includes('#')) refuse('The address contains a fragment.')
  if (!/tok|%/i.test(rawSearch)) return { search: rawSearch, queryToken: undefined }
  return splitToken(rawSearch)
}

/** The canonical path of decoded segments; `parseRequestTarget` gives the same segments back. */
export function formatPath(segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`
}

/** Whether a decoded segment carries a separator or an encoding of its own; few routes take such a segment. */
export function isNestedSegment(segment: string): boolean {
  return segment.includes('/') || segment.includes('%')
}

/** The pairs of a query, decoded as a form. */
export function parseQuery(search: string): [string, string][] {
  return [...new URLSearchParams(search)]
}

/** A query string that says exactly these pairs. */
export function formatQuery(pairs: readonly (readonly [string, string])[]): string {
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString()
  return text === '' ? '' : `?${text}`
}
