import { checkPublishedNodes } from '../comfyui/prompt.ts'
import { formatLosslessJson, isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonNumber, JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { hasOwnKey } from '../comfyui/secretText.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import { findPossibleInputs } from './possibleInputs.ts'
import { findNodeInputs, isScalar, nodeKeyOf, splitInputKey } from './publishedGraph.ts'

/** What is stored of a version. JSON texts, numbers as they were written. */
export interface Publication {
  readonly prompt: string
  readonly canvas: string | null
  readonly inputs: readonly WorkflowInput[]
  readonly possibleInputs: readonly WorkflowInput[]
  readonly nodeKey: string
}

/** It is copied into every picture. */
const MAX_CANVAS_BYTES = 2 * 1024 * 1024
const MAX_VALUES = 200_000

const refuse = (message: string): never => {
  throw new GateError('VALIDATION_FAILED', message)
}

/** The members of a body whose numbers must survive: read from its bytes, never by JSON.parse. */
export function readLosslessBody(bytes: Buffer): JsonObject {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new GateError('BAD_REQUEST', 'The request is not UTF-8.', { cause })
  }
  const value = parseLosslessJson(text, MAX_VALUES)
  if (!isObject(value)) throw new GateError('BAD_REQUEST', 'The request must be a JSON object.')
  return value
}

/**
 * A graph in ComfyUI's API format, as it may be published.
 * @throws GateError VALIDATION_FAILED, BAD_REQUEST in words
 */
export function checkGraph(prompt: JsonValue | undefined, maxNodes: number): JsonObject {
  if (!isObject(prompt) || prompt.size === 0) {
    return refuse('This is no workflow in API format. In ComfyUI’s page choose “Export (API)”.')
  }
  if (Array.isArray(prompt.get('nodes'))) {
    return refuse('This is ComfyUI’s own file of a workflow. In ComfyUI’s page choose “Export (API)” instead.')
  }
  return checkPublishedNodes(prompt, { maxNodes })
}

/** @throws GateError VALIDATION_FAILED in words */
export function preparePublication(
  { nodes, canvas }: { readonly nodes: JsonObject; readonly canvas: JsonValue | undefined },
  objectInfo: JsonObject | undefined,
  chosen: readonly WorkflowInput[] | undefined,
): Publication {
  const { inputs: possibleInputs, suggested } = findPossibleInputs(nodes, objectInfo)
  const offered = possibleInputs.filter(({ key }) => suggested.includes(key))
  const inputs = chosen ?? offered.sort((one, other) => suggested.indexOf(one.key) - suggested.indexOf(other.key))
  checkInputs(nodes, inputs, new Map(possibleInputs.map((input) => [input.key, input])))
  return {
    prompt: formatLosslessJson(nodes),
    canvas: checkCanvas(canvas),
    inputs,
    possibleInputs,
    nodeKey: nodeKeyOf(nodes),
  }
}

function checkCanvas(canvas: JsonValue | undefined): string | null {
  if (canvas === undefined || canvas === null) return null
  if (!isObject(canvas)) return refuse('The canvas must be ComfyUI’s own file of the workflow.')
  const text = formatLosslessJson(canvas)
  if (Buffer.byteLength(text) > MAX_CANVAS_BYTES) return refuse('ComfyUI’s file of this workflow has more than 2 MB.')
  if (hasOwnKey(text)) return refuse('This workflow contains an API key of Gatehouse. Take it out first.')
  return text
}

/** Each marks one value that stands in the graph, of a kind that it can have, and none twice. */
function checkInputs(
  nodes: JsonObject,
  inputs: readonly WorkflowInput[],
  possible: ReadonlyMap<string, WorkflowInput>,
): void {
  const seen = new Set<string>()
  for (const input of inputs) {
    const { nodeId, input: name } = splitInputKey(input.key)
    if (seen.has(input.key)) refuse(`“${input.key}” is marked twice.`)
    seen.add(input.key)
    const value = findNodeInputs(nodes.get(nodeId))?.get(name)
    if (value === undefined) return refuse(`There is no input “${input.key}” in this workflow.`)
    if (!isScalar(value)) return refuse(`“${input.key}” comes from another node and cannot be changed.`)
    const known = possible.get(input.key)
    const kinds = known === undefined ? kindsOfValue(value) : kindsOf[known.kind]
    if (!kinds.includes(input.kind)) refuse(`“${input.label}” cannot be changed as “${input.kind}”.`)
    checkBounds(input)
    checkChoices(input, known)
  }
}

type Kind = WorkflowInput['kind']

/** As what an input may be published that ComfyUI says is of this kind: never wider. */
const kindsOf: Readonly<Record<Kind, readonly Kind[]>> = {
  text: ['text', 'choice'],
  integer: ['integer', 'seed'],
  number: ['number'],
  boolean: ['boolean'],
  choice: ['choice'],
  seed: ['seed', 'integer'],
  image: ['image'],
}

function kindsOfValue(value: string | boolean | JsonNumber): readonly Kind[] {
  if (typeof value === 'string') return ['text', 'choice', 'image']
  return typeof value === 'boolean' ? ['boolean'] : ['integer', 'seed', 'number']
}

/** A name that ComfyUI does not offer would be refused at each run. */
function checkChoices(input: WorkflowInput, known: WorkflowInput | undefined): void {
  if (input.kind !== 'choice' || known?.kind !== 'choice') return
  const offered = new Set([...known.choices, known.default])
  const other = input.choices.find((choice) => !offered.has(choice))
  if (other !== undefined) refuse(`“${input.label}”: ComfyUI does not offer “${other}”.`)
}

function checkBounds(input: WorkflowInput): void {
  const isTurned =
    input.kind === 'seed' ? BigInt(input.min) > BigInt(input.max) : 'min' in input && input.min > input.max
  if (isTurned) refuse(`“${input.label}”: the smallest value is above the largest.`)
}
