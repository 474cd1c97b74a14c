import { isObject, JsonNumber } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { redactSecrets } from '../comfyui/secretText.ts'

const MODELS = new Set(['ckpt_name', 'unet_name', 'model_name'])
const MAX_NAMES = 2
const MAX_LENGTH = 120
const MAX_SIDE = 100_000

/**
 * What a workflow makes, in the few words of a list: "sd_xl_base_1.0, 1024 × 1024, 4 at once"; empty when it does not
 * say. Models and sizes only: what somebody asks a model for is between the two.
 */
export function titleOf(nodes: JsonObject): string {
  const models = new Set<string>()
  let largest = { width: 0, height: 0, count: 1 }
  for (const node of nodes.values()) {
    const inputs = isObject(node) ? node.get('inputs') : undefined
    if (!isObject(inputs)) continue
    for (const [name, value] of inputs) if (MODELS.has(name) && typeof value === 'string') models.add(nameOf(value))
    const size = {
      width: wholeNumber(inputs.get('width')),
      height: wholeNumber(inputs.get('height')),
      count: wholeNumber(inputs.get('batch_size')) || 1,
    }
    if (size.width * size.height > largest.width * largest.height) largest = size
  }
  const { width, height, count } = largest
  const parts = [...models].filter((name) => name !== '').slice(0, MAX_NAMES)
  if (width * height > 0) parts.push(`${String(width)} × ${String(height)}`)
  if (width * height > 0 && count > 1) parts.push(`${String(count)} at once`)
  return parts.join(', ').slice(0, MAX_LENGTH)
}

/** The file's name without folders and ending: neither says anything to people, and folders tell of this computer. */
function nameOf(value: string): string {
  const file = value.split(/[\\/]/).at(-1) ?? ''
  const name = file.replace(/\.(?:safetensors|ckpt|pth?|gguf|sft|bin)$/i, '')
  // What cannot be seen could pass one name off as another.
  return redactSecrets(name.replace(/\p{C}/gu, ''))
    .trim()
    .slice(0, MAX_LENGTH / MAX_NAMES)
}

function wholeNumber(value: JsonValue | undefined): number {
  const number = value instanceof JsonNumber ? Number(value.text) : NaN
  return Number.isInteger(number) && number > 0 && number <= MAX_SIDE ? number : 0
}
