import { findRoute } from '../comfyui/routeTable.ts'
import type { EngineNode, EngineRoute, NodeVerdict } from '../contract/nodes.ts'
import type { Reach, ReachDifference, ReachedNode, ReachedRoute } from '../contract/reach.ts'
import type { ModelRules } from '../contract/roleRules.ts'
import type { Principal } from '../pipeline/requestContext.ts'
import { authorize } from './authorize.ts'
import { holds } from './rights.ts'

/*
 * What somebody reaches, found out from the same functions that decide about requests. Nothing here asks the engine.
 */

/** Whose reach: a principal as the gate would make one, and the role's rules. */
export interface Reaching {
  readonly principal: Principal
  readonly models: ModelRules
}

/** What there is to reach. Undefined: not known, because ComfyUI has not said it yet. */
export interface ReachWorld {
  readonly routes: readonly KnownRoute[] | undefined
  /** Every class with what the role's rules say of it. */
  readonly nodes: readonly JudgedNode[] | undefined
  /** Files by kind, as ComfyUI lists them. */
  readonly models: readonly { readonly folder: string; readonly names: readonly string[] }[]
  /** Published workflows that are granted to the role, or to everybody. */
  readonly workflows: readonly { readonly id: string; readonly name: string; readonly risky: readonly string[] }[]
}

/** `isNew`: the owner has not looked at it. */
export type KnownRoute = EngineRoute & { readonly isNew: boolean }

export type JudgedNode = EngineNode & { readonly verdict: NodeVerdict }

const COMFYUI = 'comfyui'

/** @throws nothing: what is not known is null */
export function describeReach(reaching: Reaching, world: ReachWorld): Reach {
  const { principal } = reaching
  const may = (permission: 'graphs' | 'workflows' | 'canvas'): boolean => holds(principal, permission)
  const seesModels = may('graphs') || may('workflows') || may('canvas')
  return {
    permissions: [...principal.permissions],
    routes: world.routes === undefined ? null : describeRoutes(principal, world.routes),
    nodes: world.nodes === undefined ? null : describeNodes(world.nodes, may('graphs')),
    models: world.models
      .filter(({ names }) => names.length > 0)
      .map(({ folder, names }) => {
        const allowed = reaching.models[folder]
        return {
          folder,
          total: names.length,
          allowed: seesModels ? names.filter((name) => allowed === undefined || allowed.includes(name)) : [],
          unlimited: seesModels && allowed === undefined,
        }
      }),
    workflows: may('workflows') ? world.workflows.map(({ id, name, risky }) => ({ id, name, risky: [...risky] })) : [],
  }
}

/** A path that the route's form fits, whatever stands at its variable parts. */
export const samplePath = ({ path }: Pick<EngineRoute, 'path'>): string =>
  path.replace(/\{[^/}]*\}/g, 'x').replace(/\*$/, 'x')

/** Methods as they are asked for: a route for every method stands for one that reads and one that changes. */
export const sampleMethods = ({ method }: Pick<EngineRoute, 'method'>): readonly string[] =>
  method === '*' ? ['GET', 'POST'] : [method.toUpperCase()]

function reaches(principal: Principal, route: EngineRoute): boolean {
  const segments = samplePath(route).slice(1).split('/')
  return sampleMethods(route).some((method) => {
    const { access, action, allowed, oddSegment } = findRoute(segments, method)
    if (allowed !== undefined || oddSegment) return false
    const isOwn = action === 'own'
    const asking = { access, isOwn, method, segments, principal, managerFromOtherDevices: false } as const
    return authorize({ ...asking, listener: 'public' }).allowed
  })
}

function describeRoutes(principal: Principal, routes: readonly KnownRoute[]): NonNullable<Reach['routes']> {
  const asked = routes.filter(isAskedFor)
  const fromPacks = asked.filter(({ pack }) => pack !== COMFYUI)
  return {
    total: asked.length,
    reached: asked.filter((route) => reaches(principal, route)).length,
    fromPacks: fromPacks.length,
    packsReached: fromPacks.filter((route) => reaches(principal, route)).map(toReachedRoute),
    unseen: asked.filter(({ isNew }) => isNew).map(toReachedRoute),
  }
}

/** HEAD comes with GET, and OPTIONS is answered by the gate. */
const isAskedFor = ({ method }: EngineRoute): boolean => method !== 'HEAD' && method !== 'OPTIONS'
const toReachedRoute = ({ method, path, pack }: EngineRoute): ReachedRoute => ({ method, path, pack })
const toReachedNode = ({ name, title, pack, risks }: EngineNode): ReachedNode => ({ name, title, pack, risks })

type Refused = NonNullable<Reach['nodes']>['refused'][number]
const MAX_EXAMPLES = 5

/** Whoever builds no workflows of their own reaches no class by themselves, and none is refused to them either. */
function describeNodes(nodes: readonly JudgedNode[], builds: boolean): NonNullable<Reach['nodes']> {
  if (!builds) return { total: nodes.length, allowed: 0, refused: [], risky: [] }
  const allowed = nodes.filter(({ verdict }) => verdict === 'allowed')
  const refused = new Map<string, Refused>()
  for (const { title, risks, verdict } of nodes) {
    if (verdict === 'allowed') continue
    const risk = verdict === 'risky' ? (risks[0] ?? null) : null
    const key = `${verdict} ${risk ?? ''}`
    const group = refused.get(key) ?? { verdict, risk, count: 0, examples: [] }
    group.count += 1
    if (group.examples.length < MAX_EXAMPLES) group.examples.push(title)
    refused.set(key, group)
  }
  return {
    total: nodes.length,
    allowed: allowed.length,
    refused: [...refused.values()].sort((left, right) => right.count - left.count),
    risky: allowed.filter(({ risks }) => risks.length > 0).map(toReachedNode),
  }
}

/** What `after` has and `before` has not. Which classes and addresses differ is not in a Reach, so the worlds are asked. */
export function findGains(before: ReachOf, after: ReachOf): ReachDifference {
  const had = new Set(before.reach.workflows.map(({ id }) => id))
  return {
    permissions: after.reach.permissions.filter((permission) => !before.reach.permissions.includes(permission)),
    nodes: findNodeGains(before, after),
    models: after.reach.models
      .map(({ folder, allowed }) => {
        const known = new Set(before.reach.models.find((kind) => kind.folder === folder)?.allowed)
        return { folder, names: allowed.filter((name) => !known.has(name)) }
      })
      .filter(({ names }) => names.length > 0),
    workflows: after.reach.workflows.filter(({ id }) => !had.has(id)).map(({ id, name }) => ({ id, name })),
    routes: (after.world.routes ?? [])
      .filter(isAskedFor)
      .filter((route) => reaches(after.principal, route) && !reaches(before.principal, route))
      .map(toReachedRoute),
  }
}

/** A reach with what it was found out from. */
export interface ReachOf {
  readonly reach: Reach
  readonly world: ReachWorld
  readonly principal: Principal
}

function findNodeGains(before: ReachOf, after: ReachOf): ReachedNode[] {
  const open = ({ world, principal }: ReachOf): readonly EngineNode[] =>
    holds(principal, 'graphs') ? (world.nodes ?? []).filter(({ verdict }) => verdict === 'allowed') : []
  const had = new Set(open(before).map(({ name }) => name))
  return open(after)
    .filter(({ name }) => !had.has(name))
    .map(toReachedNode)
}
