import type { InputTypes, NodeClass, NodeInputs, NodeResult, NodeRun } from './nodeClass.ts'

/** ComfyUI's largest side. */
export const MAX_RESOLUTION = 16384
/** A side in pixels. */
export const SIZE = { default: 512, min: 1, max: MAX_RESOLUTION, step: 1 }

export interface ImageNodeParts {
  readonly name: string
  readonly displayName?: string | null
  readonly category?: string
  readonly description?: string
  readonly module?: string
  readonly schema?: 1 | 3
  readonly outputs?: readonly { readonly type: string; readonly name: string }[]
  readonly required: InputTypes['required']
  readonly hidden?: Readonly<Record<string, string>>
  readonly execute: (inputs: NodeInputs, run: NodeRun) => Promise<NodeResult>
}

/** A node class with what most picture nodes have in common filled in. */
export function imageNode(parts: ImageNodeParts): NodeClass {
  const types: InputTypes = { required: parts.required, ...(parts.hidden && { hidden: parts.hidden }) }
  return {
    name: parts.name,
    displayName: parts.displayName === undefined ? parts.name : parts.displayName,
    category: parts.category ?? 'image',
    description: parts.description ?? '',
    pythonModule: parts.module ?? 'nodes',
    schema: parts.schema ?? 1,
    outputNode: false,
    outputs: parts.outputs ?? [{ type: 'IMAGE', name: 'IMAGE' }],
    inputTypes: () => Promise.resolve(types),
    execute: parts.execute,
  }
}
