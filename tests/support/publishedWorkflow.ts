import { isObject, parseLosslessJson } from '../../proxy/comfyui/losslessJson.ts'
import type { JsonObject } from '../../proxy/comfyui/losslessJson.ts'
import { workflowInputSchema } from '../../proxy/contract/workflows.ts'
import type { WorkflowInput } from '../../proxy/contract/workflows.ts'
import type { PublishedVersion } from '../../proxy/workflows/publishedGraph.ts'

/** A graph from its JSON text, so that its numbers keep their digits. */
export function parseGraph(text: string): JsonObject {
  const graph = parseLosslessJson(text)
  if (!isObject(graph)) throw new TypeError('a graph is an object')
  return graph
}

export const input = (fields: Record<string, unknown>): WorkflowInput =>
  workflowInputSchema.parse({ label: String(fields['key']), ...fields })

export function publishedVersion(
  graph: string,
  inputs: readonly WorkflowInput[],
  more: Partial<PublishedVersion> = {},
): PublishedVersion {
  return {
    workflowId: 'w'.repeat(16),
    name: 'Picture from words',
    version: 1,
    isCurrent: true,
    nodes: parseGraph(graph),
    canvas: null,
    inputs: new Map(inputs.map((one) => [one.key, one])),
    ...more,
  }
}

/** Sampler, words, picture: seed, steps, cfg, words and file may be changed, nothing else. */
export const pictureGraph = JSON.stringify({
  '3': {
    class_type: 'KSampler',
    inputs: { seed: 5, steps: 20, cfg: 7.5, sampler_name: 'euler', denoise: 1, model: ['4', 0], positive: ['6', 0] },
  },
  '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'base.safetensors' } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a cat', clip: ['4', 1] }, _meta: { title: 'Words' } },
  '7': { class_type: 'LoadImage', inputs: { image: 'cat.png' } },
  '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'cat', images: ['3', 0] } },
})

export const pictureInputs = [
  input({ key: '3.seed', label: 'Seed', kind: 'seed', min: '0', max: '18446744073709551615', default: '5' }),
  input({ key: '3.steps', label: 'Steps', kind: 'integer', min: 1, max: 50, step: 1, default: 20 }),
  input({ key: '3.cfg', label: 'Guidance', kind: 'number', min: 0, max: 30, step: 0.1, default: 7.5 }),
  input({ key: '3.sampler_name', label: 'Sampler', kind: 'choice', choices: ['euler', 'ddim'], default: 'euler' }),
  input({ key: '6.text', label: 'Words', kind: 'text', multiline: true, maxLength: 20, default: 'a cat' }),
  input({ key: '7.image', label: 'Picture', kind: 'image', default: 'cat.png' }),
]

export const picture = publishedVersion(pictureGraph, pictureInputs)
