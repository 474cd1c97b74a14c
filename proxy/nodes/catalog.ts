import { z } from 'zod'
import { engineNodesSchema, engineRoutesSchema } from '../contract/nodes.ts'
import type { EngineNode, EngineRoute } from '../contract/nodes.ts'
import { STOCK_PACK } from '../policy/nodeVerdict.ts'

/** What one start of the engine has. */
export interface Catalog {
  readonly bootId: string
  readonly nodes: ReadonlyMap<string, EngineNode>
  readonly routes: readonly EngineRoute[]
  /** By a name that workflows of before use: the classes that the engine may run in its place. */
  readonly replacements: ReadonlyMap<string, readonly string[]>
}

/** The engine's answers, as texts. */
export interface CatalogTexts {
  readonly nodes: string
  readonly routes: string
  /** Since 2026. */
  readonly replacements: string | undefined
}

/** Of `GET /node_replacements` (app/node_replace_manager.py) only which name becomes which. */
const replacementsSchema = z.record(z.string(), z.array(z.object({ new_node_id: z.string() })))

/** @throws an error of zod or of JSON for anything else than the contract's shape: then nothing is known */
export function parseCatalog(bootId: string, texts: CatalogTexts): Catalog {
  const { nodes } = engineNodesSchema.parse(JSON.parse(texts.nodes))
  const { routes } = engineRoutesSchema.parse(JSON.parse(texts.routes))
  const replaced = texts.replacements === undefined ? {} : replacementsSchema.parse(JSON.parse(texts.replacements))
  return {
    bootId,
    nodes: new Map(nameForeignPacks(nodes).map((node) => [node.name, node])),
    routes,
    replacements: new Map(Object.entries(replaced).map(([old, list]) => [old, list.map((one) => one.new_node_id)])),
  }
}

/** No pack can replace it: ComfyUI keeps the names of its first classes (nodes.py, load_custom_node). */
const SURELY_STOCK = 'SaveImage'

/**
 * A pack that calls itself comfyui: its folder may have that name. What does not lie where ComfyUI's own classes lie is
 * not ComfyUI's, so that nothing of it counts as looked at.
 */
function nameForeignPacks(nodes: readonly EngineNode[]): EngineNode[] {
  const own = nodes.find(({ name, pack }) => name === SURELY_STOCK && pack === STOCK_PACK)?.packPath
  return nodes.map((node) =>
    node.pack === STOCK_PACK && node.packPath !== own ? { ...node, pack: `${STOCK_PACK} (custom node)` } : node,
  )
}

/**
 * The classes that a name stands for. Class hidden by a replacement: the engine puts another class in the place of one
 * that it does not have, after every check of the prompt as it was sent; all that it may become count.
 */
export function resolveClass({ nodes, replacements }: Catalog, name: string): readonly EngineNode[] {
  return [name, ...(replacements.get(name) ?? [])].flatMap((one) => nodes.get(one) ?? [])
}
