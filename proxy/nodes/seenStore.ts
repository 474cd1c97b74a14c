import type { Kysely } from 'kysely'
import type { EngineNode, EngineRoute } from '../contract/nodes.ts'
import type { Clock } from '../core/clock.ts'
import type { Schema } from '../database/schema.ts'

type SeenNode = Pick<EngineNode, 'name' | 'packPath' | 'sourceHash' | 'risks'>
type SeenRoute = Pick<EngineRoute, 'method' | 'path'>

/** SQLite takes some 32,000 values a statement. */
const ROWS_A_STATEMENT = 1000

const keyOf = ({ name, packPath }: Pick<SeenNode, 'name' | 'packPath'>): string => `${name}\0${packPath}`
const routeKey = ({ method, path }: SeenRoute): string => `${method} ${path}`

/** What of the engine the owner has looked at, in memory and on disk. */
export class SeenStore {
  readonly #kysely: Kysely<Schema>
  readonly #clock: Clock
  /** Hash by name and pack. */
  readonly #nodes = new Map<string, string>()
  readonly #packPaths = new Set<string>()
  readonly #routes = new Set<string>()

  private constructor(kysely: Kysely<Schema>, clock: Clock) {
    this.#kysely = kysely
    this.#clock = clock
  }

  static async open(kysely: Kysely<Schema>, clock: Clock): Promise<SeenStore> {
    const store = new SeenStore(kysely, clock)
    const nodes = await kysely.selectFrom('seen_nodes').select(['name', 'pack_path', 'source_hash']).execute()
    for (const row of nodes) store.#remember({ name: row.name, packPath: row.pack_path, sourceHash: row.source_hash })
    const routes = await kysely.selectFrom('seen_routes').select(['method', 'path']).execute()
    for (const route of routes) store.#routes.add(routeKey(route))
    return store
  }

  /** `changed`: it was looked at as another version; null: exactly so. */
  findUnseen(node: Pick<SeenNode, 'name' | 'packPath' | 'sourceHash'>): 'new' | 'changed' | null {
    const hash = this.#nodes.get(keyOf(node))
    if (hash === undefined) return 'new'
    return hash === node.sourceHash ? null : 'changed'
  }

  hasRoute(route: SeenRoute): boolean {
    return this.#routes.has(routeKey(route))
  }

  hasAnyOf(packPath: string): boolean {
    return this.#packPaths.has(packPath)
  }

  /** `firstOnly`: what was looked at before as another version stays changed. */
  async add(nodes: readonly SeenNode[], routes: readonly SeenRoute[], { firstOnly = false } = {}): Promise<void> {
    const fresh = firstOnly ? nodes.filter((node) => this.findUnseen(node) === 'new') : nodes
    const seenAtMs = this.#clock.nowMs()
    await this.#kysely.transaction().execute(async (transaction) => {
      for (const part of inParts(fresh)) await writeNodes(transaction, part, seenAtMs)
      for (const part of inParts(routes)) await writeRoutes(transaction, part, seenAtMs)
    })
    for (const node of fresh) this.#remember(node)
    for (const route of routes) this.#routes.add(routeKey(route))
  }

  #remember(node: Pick<SeenNode, 'name' | 'packPath' | 'sourceHash'>): void {
    this.#nodes.set(keyOf(node), node.sourceHash)
    this.#packPaths.add(node.packPath)
  }
}

async function writeNodes(kysely: Kysely<Schema>, nodes: readonly SeenNode[], seenAtMs: number): Promise<void> {
  await kysely
    .insertInto('seen_nodes')
    .values(
      nodes.map(({ name, packPath, sourceHash, risks }) => ({
        name,
        pack_path: packPath,
        source_hash: sourceHash,
        risks: JSON.stringify(risks),
        seen_at_ms: seenAtMs,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['name', 'pack_path']).doUpdateSet((row) => ({
        source_hash: row.ref('excluded.source_hash'),
        risks: row.ref('excluded.risks'),
        seen_at_ms: row.ref('excluded.seen_at_ms'),
      })),
    )
    .execute()
}

async function writeRoutes(kysely: Kysely<Schema>, routes: readonly SeenRoute[], seenAtMs: number): Promise<void> {
  await kysely
    .insertInto('seen_routes')
    .values(routes.map(({ method, path }) => ({ method, path, seen_at_ms: seenAtMs })))
    .onConflict((conflict) => conflict.columns(['method', 'path']).doNothing())
    .execute()
}

function* inParts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += ROWS_A_STATEMENT) yield items.slice(at, at + ROWS_A_STATEMENT)
}
