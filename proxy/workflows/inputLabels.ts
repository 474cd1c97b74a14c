import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { classOf, findNodeInputs, titleOfNode } from './publishedGraph.ts'

/** What people call it; otherwise the input's own name. */
const WORDS: Readonly<Record<string, string>> = {
  seed: 'Seed',
  noise_seed: 'Seed',
  steps: 'Steps',
  cfg: 'Guidance',
  guidance: 'Guidance',
  denoise: 'How much changes',
  strength: 'Strength',
  width: 'Width',
  height: 'Height',
  batch_size: 'How many at once',
  image: 'Picture',
  ckpt_name: 'Model',
  unet_name: 'Model',
  lora_name: 'LoRA',
  sampler_name: 'Sampler',
  scheduler: 'Scheduler',
  filename_prefix: 'File name',
  text: 'Text',
  prompt: 'Description',
}

const MAX_LENGTH = 80

/** A label for each key, none of them twice. */
export function labelInputs(nodes: JsonObject, places: readonly InputPlace[]): ReadonlyMap<string, string> {
  const plain = places.map((place) => ({ place, label: labelOf(nodes, place) }))
  const counts = new Map<string, number>()
  for (const { label } of plain) counts.set(label, (counts.get(label) ?? 0) + 1)
  const taken = new Set<string>()
  return new Map(
    plain.map(({ place, label }) => {
      const long = (counts.get(label) ?? 0) > 1 ? `${label} (${titleOfNode(nodes.get(place.nodeId))})` : label
      return [place.key, takeFree(long.slice(0, MAX_LENGTH), taken)]
    }),
  )
}

export interface InputPlace {
  readonly key: string
  readonly nodeId: string
  readonly input: string
}

function takeFree(label: string, taken: Set<string>): string {
  let free = label
  for (let number = 2; taken.has(free); number += 1) free = `${label.slice(0, MAX_LENGTH - 5)} ${number}`
  taken.add(free)
  return free
}

function labelOf(nodes: JsonObject, { nodeId, input }: InputPlace): string {
  const node = nodes.get(nodeId)
  if (input === 'text' || input === 'prompt') {
    const role = roleOfText(nodes, nodeId)
    if (role === 'positive') return 'What the picture shows'
    if (role === 'negative') return 'What to leave out'
    const title = titleOfNode(node)
    if (title !== '' && title !== classOf(node)) return title
  }
  const word = Object.hasOwn(WORDS, input) ? WORDS[input] : undefined
  return word ?? (input.replace(/[\p{C}_]+/gu, ' ').trim() || 'Input')
}

/** Which input of a sampler a text goes into, however many nodes lie between them. */
export function roleOfText(nodes: JsonObject, nodeId: string): 'positive' | 'negative' | undefined {
  const seen = new Set([nodeId])
  for (const from of seen) {
    for (const [id, node] of nodes) {
      for (const [name, value] of findNodeInputs(node) ?? []) {
        if (!isLinkFrom(value, from)) continue
        if (name === 'positive' || name === 'negative') return name
        seen.add(id)
      }
    }
  }
  return undefined
}

const isLinkFrom = (value: JsonValue, nodeId: string): boolean => Array.isArray(value) && value[0] === nodeId
