import { GateError } from '../contract/errorCodes.ts'
import type { PromptNode } from './promptNodes.ts'

/** A node that somebody may not run, and why in sentences. */
export interface RefusedNode {
  readonly node: PromptNode
  readonly why: string
}

/** ComfyUI's page marks each; more than these nobody reads. */
const MAX_TOLD = 50

/** In ComfyUI's shape: which nodes, and why, so that its page marks them. */
export function refuseNodes(refused: readonly RefusedNode[]): GateError {
  const [first, ...others] = refused.map(({ node, why }) => ({ words: `${nameOf(node)} is not allowed to you`, why }))
  const more = others.length === 0 ? '' : ` The same goes for ${others.length} more of its nodes.`
  const nodeErrors = Object.fromEntries(refused.slice(0, MAX_TOLD).map((one) => [one.node.id, describe(one)]))
  return new GateError('BAD_REQUEST', first?.words ?? 'A node is not allowed to you', {
    details: { promptError: 'not_allowed', promptDetails: `${first?.why ?? ''}${more}`, nodeErrors },
  })
}

/** ComfyUI's own words, which its page and other clients know (execution.py, validate_prompt). */
export const refuseUnknownNode = ({ id, className }: PromptNode): GateError =>
  new GateError('BAD_REQUEST', `Cannot execute because node ${className} does not exist.`, {
    details: { promptError: 'invalid_prompt', promptDetails: `Node ID '#${id}'` },
  })

/** `problem`: why nothing is known. */
export const refuseUnknownEngine = (problem: string): GateError =>
  new GateError('ENGINE_UNAVAILABLE', `${problem} Until then only administrators run workflows of their own.`)

function nameOf({ id, className, title }: PromptNode): string {
  return title === '' || title === className ? `Node #${id} (${className})` : `Node #${id} “${title}” (${className})`
}

function describe({ node, why }: RefusedNode): Record<string, unknown> {
  const error = { type: 'not_allowed', message: 'This node is not allowed to you', details: why, extra_info: {} }
  return { errors: [error], dependent_outputs: [], class_type: node.className }
}
