import type { JsonObject } from '../values/json.ts'

interface NodeProgress {
  readonly value: number
  readonly max: number
  readonly state: 'running' | 'finished'
}

/** The state of all nodes of one run, as `progress_state` carries it. */
export class ProgressReport {
  readonly #promptId: string
  readonly #nodes = new Map<string, NodeProgress>()

  constructor(promptId: string) {
    this.#promptId = promptId
  }

  start(nodeId: string): void {
    this.#nodes.set(nodeId, { value: 0, max: 1, state: 'running' })
  }

  update(nodeId: string, value: number, max: number): void {
    this.#nodes.set(nodeId, { value, max, state: 'running' })
  }

  finish(nodeId: string): void {
    const max = this.#nodes.get(nodeId)?.max ?? 1
    this.#nodes.set(nodeId, { value: max, max, state: 'finished' })
  }

  toJson(): JsonObject {
    const nodes: JsonObject = {}
    for (const [id, progress] of this.#nodes) nodes[id] = { ...progress, ...toNodeIds(id, this.#promptId) }
    return { prompt_id: this.#promptId, nodes }
  }
}

/** The ids that ComfyUI repeats in progress and preview metadata; without sub-graphs at run time they are all the same. */
export function toNodeIds(nodeId: string, promptId: string): JsonObject {
  return { node_id: nodeId, prompt_id: promptId, display_node_id: nodeId, parent_node_id: null, real_node_id: nodeId }
}
