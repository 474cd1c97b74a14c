import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'

/** A link as ComfyUI writes it: `["node id", output slot]`. */
export interface Link {
  readonly nodeId: string
  readonly slot: number
}

/** The link in that value, or undefined when it is a plain value. */
export function findLink(value: JsonValue | undefined): Link | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [nodeId, slot] = value
  if (typeof nodeId !== 'string' || (typeof slot !== 'bigint' && typeof slot !== 'number')) return undefined
  return { nodeId, slot: Number(slot) }
}

/** The node's class name, `''` when the prompt has none. */
export function classTypeOf(prompt: JsonObject, nodeId: string): string {
  const node = memberOf(prompt, nodeId)
  const classType = isJsonObject(node) ? memberOf(node, 'class_type') : undefined
  return typeof classType === 'string' ? classType : ''
}

/** The node's inputs, empty when it has none: nodes that hang on no output are never validated. */
export function inputsOf(prompt: JsonObject, nodeId: string): JsonObject {
  const node = memberOf(prompt, nodeId)
  const inputs = isJsonObject(node) ? memberOf(node, 'inputs') : undefined
  return isJsonObject(inputs) ? inputs : {}
}

/** The node ids that the node's links name, existing or not. */
export function sourcesOf(prompt: JsonObject, nodeId: string): string[] {
  return Object.values(inputsOf(prompt, nodeId)).flatMap((value) => findLink(value)?.nodeId ?? [])
}
