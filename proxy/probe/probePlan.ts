import { routeRows } from '../comfyui/routeRows.ts'
import type { RouteRow } from '../comfyui/routeRows.ts'
import { findRoute } from '../comfyui/routeTable.ts'
import { errorStatus } from '../contract/errorCodes.ts'
import type { EngineRoute } from '../contract/nodes.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { authorize } from '../policy/authorize.ts'
import { sampleMethods, samplePath } from '../policy/reach.ts'

export interface ProbeRequest {
  readonly method: string
  readonly path: string
  /** Status of the refusal; null: it is let through. */
  readonly expected: number | null
}

export interface ProbePlan {
  readonly sent: readonly ProbeRequest[]
  /** Let through, and would change something or cost much. */
  readonly notSent: readonly ProbeRequest[]
}

/** Reads that change nothing, keep nothing open and cost next to nothing: only these are sent where they are allowed. */
const harmlessReads: ReadonlySet<string> = new Set([
  '/gatehouse/api/v1/session',
  '/gatehouse/api/v1/jobs',
  '/gatehouse/api/v1/outputs',
  '/gatehouse/api/openapi.json',
  '/prompt',
  '/queue',
  '/history',
  '/features',
  '/system_stats',
  '/models',
  '/models/{folder}',
  '/embeddings',
  '/settings',
  '/users',
])

const EVERY_METHOD = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * What to ask as that person: every row of our table and every address of the engine, with every method. What is
 * refused is really sent; of what is allowed only harmless reads.
 */
export function planProbe(
  principal: Principal,
  routes: readonly EngineRoute[],
  { managerFromOtherDevices }: { readonly managerFromOtherDevices: boolean },
): ProbePlan {
  const asked = new Map<string, { readonly method: string; readonly path: string }>()
  for (const one of [...routeRows.flatMap(ofRow), ...routes.flatMap(ofEngine)]) {
    asked.set(`${one.method} ${one.path}`, one)
  }
  const sent: ProbeRequest[] = []
  const notSent: ProbeRequest[] = []
  for (const { method, path } of asked.values()) {
    const segments = path.slice(1).split('/')
    const route = findRoute(segments, method)
    const decision = authorize({
      access: route.access,
      isOwn: route.action === 'own',
      method,
      segments,
      listener: 'public',
      principal,
      managerFromOtherDevices,
    })
    const request = { method, path, expected: decision.allowed ? null : errorStatus[decision.code] }
    const isHarmless = (method === 'GET' || method === 'HEAD') && harmlessReads.has(route.pattern)
    if (!decision.allowed || isHarmless) sent.push(request)
    else notSent.push(request)
  }
  return { sent, notSent }
}

function ofRow(row: RouteRow): { method: string; path: string }[] {
  const plain = row.pattern.replace(/\{\+?\w+\}/g, 'x').replace(/\*$/, 'x')
  const twin = `/api${plain}`
  const paths = row.twin === 'only' ? [twin] : row.twin === false ? [plain] : [plain, twin]
  const methods = row.methods.length === 0 ? EVERY_METHOD : row.methods
  const all = methods.includes('GET') ? [...methods, 'HEAD'] : methods
  return paths.flatMap((path) => all.map((method) => ({ method, path })))
}

const ofEngine = (route: EngineRoute): { method: string; path: string }[] =>
  route.path.startsWith('/') && route.method !== 'OPTIONS'
    ? sampleMethods(route).map((method) => ({ method, path: samplePath(route) }))
    : []
