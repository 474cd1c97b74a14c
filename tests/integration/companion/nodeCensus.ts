/** Which nodes of a ComfyUI could read or write a file by a name that they are given, and a workflow for each. */
import type { Prompt } from '../../support/engineClient.ts'

type Spec = readonly [string | readonly unknown[], Record<string, unknown>?]
interface Described {
  readonly input: { readonly required?: Record<string, Spec>; readonly optional?: Record<string, Spec> }
  readonly output: readonly string[]
  readonly output_node: boolean
  readonly python_module: string
}

export type Census = ReadonlyMap<string, Described>

const NAMES_A_FILE = /prefix|path|folder|dir|file|location|url|(?:^|_)(?:image|audio|video|latent|name)$/i

/** Inputs that a person fills with text or chooses from a list, and that are named as paths are. */
export function pathInputsOf({ input }: Described): string[] {
  const all = Object.entries({ ...input.required, ...input.optional })
  return all.filter(([name, [type]]) => NAMES_A_FILE.test(name) && isTyped(type)).map(([name]) => name)
}

const isTyped = (type: Spec[0]): boolean => Array.isArray(type) || type === 'STRING' || type === 'COMBO'

/** Every node that ends a workflow, or has an input that could be a path. `packs`: those that are left out. */
export function takeCensus(objectInfo: Record<string, Described>, packs: readonly string[]): Census {
  const found = Object.entries(objectInfo).filter(
    ([, node]) =>
      !packs.some((pack) => node.python_module.endsWith(pack)) && (node.output_node || pathInputsOf(node).length > 0),
  )
  return new Map(found)
}

/** The node with this text in all its path inputs, over links, so that neither lists nor limits see it first. */
export function workflowFor(name: string, node: Described, text: string): Prompt {
  const prompt: Prompt = { text: { class_type: 'HostileText', inputs: { text } } }
  const hostile = new Set(pathInputsOf(node))
  const inputs: Record<string, unknown> = {}
  const filled = { ...node.input.required, ...pick(node.input.optional ?? {}, hostile) }
  for (const [input, spec] of Object.entries(filled)) {
    const plain = hostile.has(input) ? undefined : plainValueOf(spec)
    if (hostile.has(input)) inputs[input] = ['text', 0]
    else if (plain !== undefined) inputs[input] = plain
    else {
      const kind = typeof spec[0] === 'string' ? spec[0] : 'nothing to choose from'
      prompt[`sample ${kind}`] = { class_type: 'SampleOf', inputs: { text: kind } }
      inputs[input] = [`sample ${kind}`, 0]
    }
  }
  prompt['node'] = { class_type: name, inputs }
  if (!node.output_node) {
    prompt['shown'] = { class_type: 'PreviewAny', inputs: { source: ['node', 0] } }
    if (node.output[0] === 'IMAGE')
      prompt['kept'] = { class_type: 'SaveImage', inputs: { images: ['node', 0], filename_prefix: 'kept' } }
  }
  return prompt
}

function pick(specs: Record<string, Spec>, names: ReadonlySet<string>): Record<string, Spec> {
  return Object.fromEntries(Object.entries(specs).filter(([name]) => names.has(name)))
}

function plainValueOf([type, config]: Spec): unknown {
  if (Array.isArray(type)) return type[0]
  if (type === 'COMBO') return (config?.['options'] as readonly unknown[] | undefined)?.[0]
  if (type === 'STRING') return config?.['default'] ?? 'text'
  if (type === 'BOOLEAN') return config?.['default'] ?? false
  if (type === 'INT' || type === 'FLOAT') return config?.['default'] ?? config?.['min'] ?? 1
  return undefined
}
