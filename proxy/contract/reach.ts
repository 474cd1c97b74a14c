import { z } from 'zod'
import { nodeRiskSchema, nodeVerdictSchema } from './nodes.ts'
import { changeRoleSchema, permissionSchema, roleIdSchema } from './roleRules.ts'
import { workflowIdSchema } from './workflows.ts'

/*
 * What a role reaches on this ComfyUI: structured here, in words on the page. A preview is computed from the policy
 * and from what ComfyUI says it has; a probe sends requests and looks at the answers.
 */

/** A class of nodes with what makes it worth a second look. */
export const reachedNodeSchema = z.object({
  name: z.string(),
  title: z.string(),
  pack: z.string(),
  risks: z.array(nodeRiskSchema),
})
export type ReachedNode = z.infer<typeof reachedNodeSchema>

export const reachedRouteSchema = z.object({ method: z.string(), path: z.string(), pack: z.string() })
export type ReachedRoute = z.infer<typeof reachedRouteSchema>

/** Why classes are not open, the most frequent first; a class counts once, for the first of its risks. */
const refusedNodesSchema = z.object({
  verdict: nodeVerdictSchema.exclude(['allowed']),
  risk: nodeRiskSchema.nullable(),
  count: z.number().int(),
  examples: z.array(z.string()).max(5),
})

export const reachSchema = z.object({
  permissions: z.array(permissionSchema),
  /** Of the engine's addresses, a method each; null: ComfyUI has not said yet which it has. */
  routes: z
    .object({
      total: z.number().int(),
      reached: z.number().int(),
      /** Those that custom nodes bring. */
      fromPacks: z.number().int(),
      packsReached: z.array(reachedRouteSchema),
      /** Came since the owner last looked. */
      unseen: z.array(reachedRouteSchema),
    })
    .nullable(),
  /** Classes of nodes in workflows of one's own; null: ComfyUI has not said yet which it has. */
  nodes: z
    .object({
      total: z.number().int(),
      allowed: z.number().int(),
      refused: z.array(refusedNodesSchema),
      /** Allowed in spite of a risk. */
      risky: z.array(reachedNodeSchema),
    })
    .nullable(),
  /** By kind; kinds without a file are left out. */
  models: z.array(
    z.object({
      folder: z.string(),
      total: z.number().int(),
      allowed: z.array(z.string()),
      /** Every file, also one that comes later. */
      unlimited: z.boolean(),
    }),
  ),
  /** Published ones. `risky`: of its nodes, those with a risk, which run in it whatever the role's rules are. */
  workflows: z.array(z.object({ id: workflowIdSchema, name: z.string(), risky: z.array(z.string()) })),
})
export type Reach = z.infer<typeof reachSchema>

/** What one reach has and another one has not. */
export const reachDifferenceSchema = z.object({
  permissions: z.array(permissionSchema),
  nodes: z.array(reachedNodeSchema),
  models: z.array(z.object({ folder: z.string(), names: z.array(z.string()) })),
  workflows: z.array(z.object({ id: workflowIdSchema, name: z.string() })),
  routes: z.array(reachedRouteSchema),
})
export type ReachDifference = z.infer<typeof reachDifferenceSchema>

/** What somebody thinks of saving: as for changing a role, without its words. */
export const roleDraftSchema = changeRoleSchema.pick({ permissions: true, models: true, nodes: true })
export type RoleDraft = z.infer<typeof roleDraftSchema>

/** `draft`: as if this had been saved. */
export const previewRoleSchema = z.object({ role: roleIdSchema, draft: roleDraftSchema.optional() })

export const rolePreviewSchema = z.object({
  reach: reachSchema,
  /** Against what is saved; both empty without a draft. */
  gains: reachDifferenceSchema,
  losses: reachDifferenceSchema,
})

export const probeRoleSchema = z.object({ draft: roleDraftSchema.optional() })

/** A request whose answer was not what the policy decides. */
export const probeMismatchSchema = z.object({
  method: z.string(),
  path: z.string(),
  /** Status of the refusal; null: it should have been let through. */
  expected: z.number().int().nullable(),
  /** null: there was no answer in time. */
  seen: z.number().int().nullable(),
})
export type ProbeMismatch = z.infer<typeof probeMismatchSchema>

export const probeResultSchema = z.object({
  /** Requests that were sent and answered as decided. */
  refused: z.number().int(),
  let: z.number().int(),
  /** Would be let through and change something or cost much: only decided, not sent. */
  notSent: z.number().int(),
  /** For want of time. */
  left: z.number().int(),
  mismatches: z.array(probeMismatchSchema).max(1000),
  /** Model files that the engine showed and should not have, or the other way round, by kind. */
  wrongModels: z.array(z.object({ folder: z.string(), names: z.array(z.string()) })),
  unseenRoutes: z.array(reachedRouteSchema),
  tookMs: z.number().int(),
})
export type ProbeResult = z.infer<typeof probeResultSchema>
