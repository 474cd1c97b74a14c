import { isObject, JsonNumber, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'

export interface MadeWith {
  readonly label: string
  readonly value: string
}

const MAX_NODES = 5_000
const MAX_LINES = 40
const MAX_LENGTH = 4_000
/** Nodes that are looked at for one text, and for all of them. */
const MAX_STEPS = 50
const MAX_ALL_STEPS = 2_000
/** Of one node; in it, so many links are followed. */
const MAX_INPUTS = 256
const MAX_LINKS = 16

/** Inputs of nodes that say how a picture came to be, in the words of the page; several names for one thing. */
const LABELS: readonly (readonly [label: string, inputs: readonly string[]])[] = [
  ['Model', ['ckpt_name', 'unet_name', 'model_name']],
  ['LoRA', ['lora_name']],
  ['Seed', ['seed', 'noise_seed']],
  ['Steps', ['steps']],
  ['CFG', ['cfg', 'guidance']],
  ['Sampler', ['sampler_name']],
  ['Scheduler', ['scheduler']],
  ['Denoise', ['denoise']],
]

const nothing: JsonObject = new Map<string, JsonValue>()

interface Node {
  readonly type: string
  readonly inputs: JsonObject
}

/** What a workflow in ComfyUI's API format (JSON text out of a file that anybody may have made) says of the making. */
export function describeMaking(prompt: string | undefined): MadeWith[] {
  const nodes = readNodes(prompt)
  const lines = new Lines()
  for (const { text, label } of findTexts(nodes)) lines.add(label, text)
  for (const [label, names] of LABELS) {
    for (const { inputs } of nodes.values()) for (const name of names) lines.add(label, plainText(inputs.get(name)))
  }
  for (const { inputs, type } of nodes.values()) {
    const [width, height] = [plainText(inputs.get('width')), plainText(inputs.get('height'))]
    if (/latent/i.test(type) && width !== '' && height !== '') lines.add('Size', `${width} × ${height}`)
  }
  return lines.list
}

class Lines {
  readonly list: MadeWith[] = []

  /** Each once; nothing for an empty text. */
  add(label: string, text: string): void {
    const value = text.slice(0, MAX_LENGTH).trim()
    if (value === '' || this.list.length >= MAX_LINES) return
    if (!this.list.some((line) => line.label === label && line.value === value)) this.list.push({ label, value })
  }
}

function readNodes(prompt: string | undefined): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>()
  for (const [id, value] of parse(prompt)) {
    const [type, inputs] = isObject(value) ? [value.get('class_type'), value.get('inputs')] : []
    if (typeof type === 'string' && isObject(inputs)) nodes.set(id, { type, inputs })
    if (nodes.size >= MAX_NODES) break
  }
  return nodes
}

function parse(prompt: string | undefined): JsonObject {
  try {
    const parsed = prompt === undefined ? null : parseLosslessJson(prompt)
    return isObject(parsed) ? parsed : nothing
  } catch {
    // Not JSON, or nested too deep: it says nothing.
    return nothing
  }
}

function plainText(value: JsonValue | undefined): string {
  if (value instanceof JsonNumber) return value.text
  return typeof value === 'string' ? value : ''
}

/** The texts that a sampler's `positive` and `negative` lead to; each place is started from once. */
function findTexts(nodes: ReadonlyMap<string, Node>): { label: string; text: string }[] {
  const found: { label: string; text: string }[] = []
  const roles = [
    { label: 'Text', role: 'positive', started: new Set<string>() },
    { label: 'Negative text', role: 'negative', started: new Set<string>() },
  ]
  const walk = { stepsLeft: MAX_ALL_STEPS }
  for (const { inputs } of nodes.values()) {
    for (const { label, role, started } of roles) {
      const start = readLink(inputs.get(role))
      if (start === undefined || started.has(start)) continue
      started.add(start)
      for (const text of collectTexts(nodes, start, walk)) found.push({ label, text })
    }
  }
  return found
}

/** Follows links against their direction; each node once, and not for ever. */
function collectTexts(nodes: ReadonlyMap<string, Node>, start: string, walk: { stepsLeft: number }): string[] {
  const [texts, seen, open] = [[] as string[], new Set<string>(), [start]]
  for (let steps = 0; steps < MAX_STEPS && walk.stepsLeft > 0; steps += 1) {
    const id = open.shift()
    if (id === undefined) break
    walk.stepsLeft -= 1
    const node = seen.has(id) ? undefined : nodes.get(id)
    if (node === undefined) continue
    seen.add(id)
    const text = ['text', 'text_g', 't5xxl', 'clip_l', 'value', 'string'].map((name) =>
      plainText(node.inputs.get(name)),
    )
    const own = text.find((one) => one !== '')
    if (own === undefined) open.push(...linksOf(node))
    else texts.push(own)
  }
  return texts
}

function linksOf({ inputs }: Node): string[] {
  const links: string[] = []
  let looked = 0
  for (const value of inputs.values()) {
    const link = readLink(value)
    if (link !== undefined) links.push(link)
    looked += 1
    if (looked >= MAX_INPUTS || links.length >= MAX_LINKS) break
  }
  return links
}

function readLink(value: JsonValue | undefined): string | undefined {
  const [id, slot] = Array.isArray(value) && value.length === 2 ? value : []
  return typeof id === 'string' && slot instanceof JsonNumber ? id : undefined
}
