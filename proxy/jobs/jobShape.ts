import { createHash } from 'node:crypto'
import { isObject, JsonNumber } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'

/** Inputs that decide how long a node works; seeds and texts do not. */
const COSTLY = new Set(['width', 'height', 'batch_size', 'length', 'steps', 'amount', 'ckpt_name', 'unet_name'])
const MEGA = 1_000_000

/**
 * A short name for workflows that take about the same time: the same nodes, linked alike, with the same sizes and steps.
 * The order of nodes and their ids do not matter.
 */
export function shapeOf(nodes: JsonObject): string {
  const lines = [...nodes.values()].map((node) => describeNode(nodes, node)).sort()
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
}

function describeNode(nodes: JsonObject, node: JsonValue): string {
  const parts = [classOf(node)]
  for (const [name, value] of inputsOf(node)) {
    if (Array.isArray(value) && typeof value[0] === 'string') parts.push(`${name}<${classOf(nodes.get(value[0]))}`)
    else if (COSTLY.has(name)) parts.push(`${name}=${value instanceof JsonNumber ? value.text : JSON.stringify(value)}`)
  }
  return parts.join(' ')
}

function classOf(node: JsonValue | undefined): string {
  const name = isObject(node) ? node.get('class_type') : undefined
  return typeof name === 'string' ? name : ''
}

function inputsOf(node: JsonValue): [string, JsonValue][] {
  const inputs = isObject(node) ? node.get('inputs') : undefined
  return isObject(inputs) ? [...inputs].sort(([a], [b]) => (a < b ? -1 : 1)) : []
}

/**
 * Width × height × batch of the largest picture that some node asks for in plain numbers, in millions. A courtesy: a
 * size that comes over a link is not seen here.
 */
export function largestMegapixels(nodes: JsonObject): number {
  let largest = 0
  for (const node of nodes.values()) {
    const inputs = new Map(inputsOf(node))
    const size = numberOf(inputs.get('width'), 0) * numberOf(inputs.get('height'), 0)
    const count = numberOf(inputs.get('batch_size'), 1) * numberOf(inputs.get('length'), 1)
    largest = Math.max(largest, (size * count) / MEGA)
  }
  return largest
}

function numberOf(value: JsonValue | undefined, otherwise: number): number {
  const number = value instanceof JsonNumber ? Number(value.text) : typeof value === 'string' ? Number(value) : NaN
  return Number.isFinite(number) ? Math.max(number, 0) : otherwise
}
