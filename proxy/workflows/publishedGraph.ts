import { createHash } from 'node:crypto'
import { isObject, JsonNumber } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import { parseDecimal } from './decimal.ts'

/*
 * proxy/workflows/ keeps the workflows that were published, says what of them may be changed, and finds the published
 * one again in a prompt that somebody sent. It knows stores and ComfyUI's formats; who is asking and with which role
 * it is told, and it decides nothing about roles but whether a workflow was granted to one.
 */

/** One version of a published workflow, as it runs. Never edited; what is sent is read into a copy. */
export interface PublishedVersion {
  readonly workflowId: string
  readonly name: string
  readonly version: number
  /** The one that counts; others are known so that somebody with an old page is told so. */
  readonly isCurrent: boolean
  readonly nodes: JsonObject
  /** JSON text of ComfyUI's own file. */
  readonly canvas: string | null
  /** What people may change, by key. */
  readonly inputs: ReadonlyMap<string, WorkflowInput>
}

/** `NODE.INPUT`. Ids with a dot in them are in no key, so their inputs cannot be changed. */
export const toInputKey = (nodeId: string, input: string): string => `${nodeId}.${input}`

export function splitInputKey(key: string): { readonly nodeId: string; readonly input: string } {
  const at = key.indexOf('.')
  return { nodeId: key.slice(0, at), input: key.slice(at + 1) }
}

/** Equal for workflows with the same node ids, whatever their order: hex SHA-256. */
export function nodeKeyOf(nodes: JsonObject): string {
  return createHash('sha256')
    .update(JSON.stringify([...nodes.keys()].sort()))
    .digest('hex')
}

export function findNodeInputs(node: JsonValue | undefined): JsonObject | undefined {
  const inputs = isObject(node) ? node.get('inputs') : undefined
  return isObject(inputs) ? inputs : undefined
}

export function classOf(node: JsonValue | undefined): string {
  const name = isObject(node) ? node.get('class_type') : undefined
  return typeof name === 'string' ? name : ''
}

/** What its node is called on the canvas, otherwise its class; for people. */
export function titleOfNode(node: JsonValue | undefined): string {
  const meta = isObject(node) ? node.get('_meta') : undefined
  const title = isObject(meta) ? meta.get('title') : undefined
  const shown = typeof title === 'string' ? title.replace(/\p{C}/gu, '').trim().slice(0, 80) : ''
  return shown === '' ? classOf(node) : shown
}

/** What may be changed at all: what comes from another node stays with it, whatever was marked. */
export const isScalar = (value: JsonValue | undefined): value is string | boolean | JsonNumber =>
  typeof value === 'string' || typeof value === 'boolean' || value instanceof JsonNumber

/** Equal to whoever reads it: numbers by their value, objects in any order. */
export function areEqual(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one instanceof JsonNumber || other instanceof JsonNumber) {
    return one instanceof JsonNumber && other instanceof JsonNumber && areEqualNumbers(one.text, other.text)
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
    return one.every((value, at) => areEqual(value, other[at]))
  }
  if (isObject(one) || isObject(other)) {
    if (!isObject(one) || !isObject(other) || one.size !== other.size) return false
    return [...one].every(([key, value]) => other.has(key) && areEqual(value, other.get(key)))
  }
  return one === other
}

function areEqualNumbers(one: string, other: string): boolean {
  if (one === other) return true
  const [a, b] = [parseDecimal(one), parseDecimal(other)]
  return a !== undefined && b !== undefined && a.digits === b.digits && a.exponent === b.exponent
}
