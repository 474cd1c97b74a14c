import type { JsonObject, JsonValue } from '../values/json.ts'

/** One node of a workflow on the canvas, in short. */
export interface NodePlan {
  readonly id: number
  readonly type: string
  readonly position: readonly [number, number]
  readonly size: readonly [number, number]
  readonly inputs: readonly InputPlan[]
  readonly outputs: readonly string[]
  readonly widgets: readonly JsonValue[]
}

export interface InputPlan {
  readonly name: string
  readonly type: string
  readonly from: number
  readonly slot: number
}

/** An input that is linked to an output of another node. */
export function connect(name: string, type: string, from: number, slot = 0): InputPlan {
  return { name, type, from, slot }
}

/** The workflow in the format that ComfyUI's page saves (version 0.4). */
export function toWorkflow(nodes: readonly NodePlan[]): JsonObject {
  const links = nodes.flatMap((node) => node.inputs.map((input, inputSlot) => ({ ...input, to: node.id, inputSlot })))
  const numbered = links.map((link, index) => ({ ...link, id: index + 1 }))
  return {
    last_node_id: Math.max(...nodes.map(({ id }) => id)),
    last_link_id: numbered.length,
    nodes: nodes.map((node, order): JsonObject => ({
      id: node.id,
      type: node.type,
      pos: [...node.position],
      size: [...node.size],
      flags: {},
      order,
      mode: 0,
      inputs: node.inputs.map(({ name, type }, inputSlot) => ({
        name,
        type,
        link: numbered.find((link) => link.to === node.id && link.inputSlot === inputSlot)?.id ?? null,
      })),
      outputs: node.outputs.map((type, slot) => ({
        name: type,
        type,
        links: numbered.filter((link) => link.from === node.id && link.slot === slot).map(({ id }) => id),
      })),
      properties: { 'Node name for S&R': node.type },
      widgets_values: [...node.widgets],
    })),
    links: numbered.map(({ id, from, slot, to, inputSlot, type }) => [id, from, slot, to, inputSlot, type]),
    groups: [],
    config: {},
    extra: {},
    version: 0.4,
  }
}
