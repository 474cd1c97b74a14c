import { NodeFailure, type NodeClass } from '../nodes/nodeClass.ts'
import type { EngineUser } from '../users/engineUsers.ts'
import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'
import { validatePrompt, type Validation } from './validatePrompt.ts'

const ERROR_TYPE = 'not_allowed'

/** Somebody's workflow has a class that they may not run. */
export class NodeRefused extends NodeFailure {
  readonly nodeId: string

  constructor(nodeId: string, className: string) {
    super('PermissionError', describe(nodeId, className))
    this.nodeId = nodeId
  }
}

/** Whose prompt it is, and whether the gate says that it is a published one: then every class may run. */
export interface PromptAuthor {
  readonly user: EngineUser
  readonly isPublished: boolean
}

/** What the gate alone sets. */
export const isPublished = (extraData: JsonObject | undefined): boolean =>
  extraData !== undefined && memberOf(extraData, 'gatehouse_published') === true

/** As ComfyUI validates, after a look at the classes. @throws MalformedPrompt where ComfyUI answers 500 */
export async function validateFor(
  author: PromptAuthor,
  sent: { readonly prompt: JsonValue; readonly targets: readonly JsonValue[] | undefined },
  classes: ReadonlyMap<string, NodeClass>,
): Promise<Validation> {
  const allowed = author.isPublished ? undefined : author.user.rules?.nodes
  const refused = findRefused(sent.prompt, classes, allowed)
  if (refused.length > 0) return toRefusal(refused)
  return validatePrompt(sent.prompt, sent.targets, classes, author.user.folders)
}

type RefusedNode = readonly [id: string, className: string]

/** A name that no class has is left to ComfyUI's own words. */
export function findRefused(
  prompt: JsonValue,
  classes: ReadonlyMap<string, NodeClass>,
  allowed: ReadonlySet<string> | undefined,
): RefusedNode[] {
  if (allowed === undefined || !isJsonObject(prompt)) return []
  return Object.entries(prompt).flatMap(([id, node]): RefusedNode[] => {
    const name = isJsonObject(node) ? memberOf(node, 'class_type') : undefined
    return typeof name === 'string' && classes.has(name) && !allowed.has(name) ? [[id, name]] : []
  })
}

function toRefusal(refused: readonly RefusedNode[]): Validation {
  const words = refused.map(([id, name]) => describe(id, name))
  const error = { type: ERROR_TYPE, message: words[0] ?? '', details: words.join('\n'), extra_info: {} }
  const nodeErrors = refused.map(([id, name]): [string, JsonValue] => {
    const reason = { type: ERROR_TYPE, message: describe(id, name), details: name, extra_info: {} }
    return [id, { errors: [reason], dependent_outputs: [], class_type: name }]
  })
  return { ok: false, error, nodeErrors: Object.fromEntries(nodeErrors) }
}

function describe(id: string, name: string): string {
  return `Node #${id} (${name}) is not among those that you may use in workflows of your own.`
}
