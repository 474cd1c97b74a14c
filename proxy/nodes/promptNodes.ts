import { isObject } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'

/** A node of a prompt, as far as the rules ask for it. */
export interface PromptNode {
  readonly id: string
  readonly className: string
  /** What its author calls it; empty: nothing. */
  readonly title: string
}

const MAX_TITLE = 80

/** The nodes of a checked prompt, in its order. */
export function listPromptNodes(nodes: JsonObject): PromptNode[] {
  return [...nodes].map(([id, node]) => ({ id, className: textOf(node, 'class_type'), title: titleOf(node) }))
}

function titleOf(node: JsonValue): string {
  const meta = isObject(node) ? node.get('_meta') : undefined
  const title = meta === undefined ? '' : textOf(meta, 'title')
  return title
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, MAX_TITLE)
}

function textOf(value: JsonValue, name: string): string {
  const member = isObject(value) ? value.get(name) : undefined
  return typeof member === 'string' ? member : ''
}
