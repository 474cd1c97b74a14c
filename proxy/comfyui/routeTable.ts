import { isNestedSegment } from '../http/requestTarget.ts'
import { routeRows } from './routeRows.ts'
import type { Action, RouteAccess, RouteRow } from './routeRows.ts'

export type { Action, RouteAccess } from './routeRows.ts'

/*
 * proxy/comfyui/ holds all knowledge of ComfyUI's HTTP and WebSocket surface. It decides nothing about people: whom
 * a permission is given to stands in policy/.
 */

/** What one lookup found out about a target and a method. */
export interface RouteMatch {
  readonly access: RouteAccess
  readonly action: Action
  /** The row's pattern, for the audit and for tests; `unknown` for what is in no row. */
  readonly pattern: string
  /** Methods of the row when the method asked for is none of them. */
  readonly allowed: readonly string[] | undefined
  /** Every query key may occur only once: another parser could take the other one. */
  readonly uniqueQuery: boolean
  /** A segment is encoded twice or hides a separator where no route takes one. */
  readonly oddSegment: boolean
  /** GET changes something, or may do so. */
  readonly unsafeGet: boolean
  /** What it is without encryption, see `RouteRow`. */
  readonly wire: 'plain' | 'secret' | undefined
}

interface CompiledRow {
  readonly row: RouteRow
  readonly parts: readonly string[]
  readonly rest: boolean
}

const literal = new Map<string, RouteRow[]>()
/** What was found for literal rows, one entry for each of their methods. */
const literalMatches = new Map<string, RouteMatch>()
const patterned = new Map<string, CompiledRow[]>()

for (const row of routeRows) {
  const parts = row.pattern.slice(1).split('/')
  if (!row.pattern.includes('{') && !row.pattern.endsWith('*')) {
    literal.set(row.pattern, [...(literal.get(row.pattern) ?? []), row])
    continue
  }
  const rest = parts.at(-1) === '*'
  const first = parts[0] ?? ''
  const compiled = { row, parts: rest ? parts.slice(0, -1) : parts, rest }
  patterned.set(first, [...(patterned.get(first) ?? []), compiled])
}

const ROOT_FILE = /^[A-Za-z0-9._-]+\.(?:css|js|mjs|ico|png|svg|webp|woff2?|webmanifest|map|txt)$/
const rootFile: RouteRow = {
  methods: ['GET'],
  pattern: '/{file}.css|js|ico|…',
  access: 'canvas',
  action: 'static',
  twin: false,
}
const unknown: RouteRow = {
  methods: [],
  pattern: 'unknown',
  access: 'packs',
  action: 'pass',
  unsafeGet: true,
}
const never: RouteRow = { methods: [], pattern: 'never', access: 'never', action: 'pass' }

/**
 * Looks a parsed target up. ComfyUI serves every core route also below `/api`, once: `/api/api/…` is never forwarded,
 * and nothing below `/gatehouse` is, however many `/api` stand before it (ComfyUI would give the companion's own
 * routes such a twin).
 */
export function findRoute(segments: readonly string[], method: string): RouteMatch {
  // No segment of a literal row holds a slash, so with their number the joined text is unambiguous.
  const key = `${method} ${segments.length} ${segments.join('/')}`
  const known = literalMatches.get(key)
  if (known !== undefined) return known
  const match = lookUpRoute(segments, method)
  if (match.allowed === undefined && !match.oddSegment && literal.has(match.pattern)) literalMatches.set(key, match)
  return match
}

function lookUpRoute(segments: readonly string[], method: string): RouteMatch {
  const underApi = segments[0] === 'api'
  let first = 0
  while (segments[first] === 'api') first += 1
  const name = segments[first]?.toLowerCase()
  if (first > 1 || (name === 'gatehouse' && (underApi || segments[first] !== 'gatehouse'))) {
    return toMatch([never], method, false)
  }
  const own = underApi ? segments.slice(1) : segments
  const rows = findRows(own).filter((row) => (underApi ? row.twin !== false : row.twin !== 'only'))
  if (rows.length > 0) return toMatch(rows, method, hasOddSegment(own, rows[0]))
  const odd = segments.some(isNestedSegment)
  if (!underApi && own.length === 1 && ROOT_FILE.test(own[0] ?? '')) return toMatch([rootFile], method, odd)
  return toMatch([unknown], method, odd)
}

function findRows(segments: readonly string[]): readonly RouteRow[] {
  const exact = literal.get(`/${segments.join('/')}`)
  // A segment with a slash inside could spell a literal row that it is not.
  if (exact !== undefined && exact[0]?.pattern.split('/').length === segments.length + 1) return exact
  const candidates = patterned.get(segments[0] ?? '') ?? []
  const hit = candidates.find((candidate) => fits(candidate, segments))
  return hit === undefined ? [] : candidates.filter(({ row }) => row.pattern === hit.row.pattern).map(({ row }) => row)
}

function fits({ parts, rest }: CompiledRow, segments: readonly string[]): boolean {
  if (rest ? segments.length <= parts.length : segments.length !== parts.length) return false
  return parts.every((part, at) => (part.startsWith('{') ? segments[at] !== '' : part === segments[at]))
}

function hasOddSegment(segments: readonly string[], row: RouteRow | undefined): boolean {
  const parts = row?.pattern.slice(1).split('/') ?? []
  return segments.some((segment, at) => isNestedSegment(segment) && parts[at]?.startsWith('{+') !== true)
}

function toMatch(rows: readonly RouteRow[], method: string, oddSegment: boolean): RouteMatch {
  const asked = method === 'HEAD' ? 'GET' : method
  const row = rows.find(({ methods }) => methods.length === 0 || methods.includes(asked))
  const shown = row ?? rows[0] ?? unknown
  return {
    access: shown.access,
    action: shown.action,
    pattern: shown.pattern,
    allowed: row === undefined ? rows.flatMap(({ methods }) => methods) : undefined,
    uniqueQuery: shown.uniqueQuery === true,
    oddSegment,
    unsafeGet: shown.unsafeGet === true,
    wire: shown.wire,
  }
}
