import { z } from 'zod'

/**
 * Why a class of nodes is not for everybody. The first five come from reading its source and are advice, not proof;
 * the others from what it is known to do.
 */
export const nodeRisks = [
  'runsCode',
  'startsPrograms',
  'usesNetwork',
  'readsAnyFile',
  'writesAnyFile',
  /** A regular expression can hold Python's lock for ever: nothing but the end of ComfyUI stops it. */
  'canHang',
  'trains',
  'savesModels',
  'load3d',
  /** Costs money at somebody else's service. */
  'paid',
  /** Its source could not be read. */
  'unknownSource',
] as const
export const nodeRiskSchema = z.enum(nodeRisks)
export type NodeRisk = z.infer<typeof nodeRiskSchema>

/** To read after "This node". */
export const nodeRiskWords: Readonly<Record<NodeRisk, string>> = {
  runsCode: 'can run program code that somebody types in or downloads',
  startsPrograms: 'can start programs on this computer',
  usesNetwork: 'talks to the network, also to your home’s',
  readsAnyFile: 'can read files outside ComfyUI’s folders',
  writesAnyFile: 'can write or delete files outside the person’s own folder',
  canHang: 'can make ComfyUI stand still until it is ended',
  trains: 'trains models, which takes the graphics card for hours',
  savesModels: 'writes model files of many gigabytes',
  load3d: 'loads 3D files in ways that were not made for strangers',
  paid: 'costs money at another company’s service',
  unknownSource: 'is made in a way that nobody can read here',
}

/** Answer of the companion's `GET /gatehouse/companion/nodes`: every class of this start of the engine. */
export const engineNodeSchema = z.object({
  name: z.string(),
  title: z.string(),
  category: z.string(),
  /** `comfyui` for ComfyUI's own, otherwise the name of the pack's folder or file below custom_nodes. */
  pack: z.string(),
  /** Real path of the pack; of ComfyUI's own, of the folder that ComfyUI lies in. */
  packPath: z.string(),
  /** Hex SHA-256 of all Python files of the pack; of ComfyUI's own, of the file the class stands in. Empty: not readable. */
  sourceHash: z.string(),
  risks: z.array(nodeRiskSchema),
})
export type EngineNode = z.infer<typeof engineNodeSchema>
export const engineNodesSchema = z.object({ nodes: z.array(engineNodeSchema).max(20_000) })

/** Answer of `GET /gatehouse/companion/routes`: what this start of the engine answers, with its methods. */
export const engineRouteSchema = z.object({
  method: z.string(),
  /** aiohttp's form: `{name}` for a part that varies, `/prefix/*` for a folder of files. */
  path: z.string(),
  /** As in EngineNode. */
  pack: z.string(),
})
export type EngineRoute = z.infer<typeof engineRouteSchema>
export const engineRoutesSchema = z.object({ routes: z.array(engineRouteSchema).max(20_000) })

/** What a role may do with a class, and why not. `new`: came or changed since the owner last looked. */
export const nodeVerdicts = ['allowed', 'risky', 'new', 'denied'] as const
export const nodeVerdictSchema = z.enum(nodeVerdicts)
export type NodeVerdict = z.infer<typeof nodeVerdictSchema>

/** What the companion is told of a person beside their folders. */
export const engineRulesSchema = z.object({
  models: z.record(z.string(), z.array(z.string())),
  /** Classes that may run in workflows of one's own; null: every class. */
  nodes: z.array(z.string()).nullable(),
})
export type EngineRules = z.infer<typeof engineRulesSchema>

/**
 * `PUT users/{id}` carries a growing number, `order`: a telling with a smaller one than the last for that account was
 * given up and comes too late. The engine answers it with 409 and this body; `last` is the greatest number that it knows.
 */
export const oldRulesSchema = z.object({ error: z.literal('old_rules'), last: z.int().positive() })
