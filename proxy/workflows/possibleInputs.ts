import { JsonNumber } from '../comfyui/losslessJson.ts'
import type { JsonObject, JsonValue } from '../comfyui/losslessJson.ts'
import { workflowInputSchema } from '../contract/workflows.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import { guessInput } from './guessedInputs.ts'
import { isSeedName, toSafe, toSeed, toText } from './inputKinds.ts'
import type { InputKind } from './inputKinds.ts'
import { labelInputs, roleOfText } from './inputLabels.ts'
import type { InputPlace } from './inputLabels.ts'
import { findInput, isOn, isPictureUpload, listsFiles, numberOption } from './objectInfo.ts'
import type { InputFacts } from './objectInfo.ts'
import { classOf, findNodeInputs, isScalar, splitInputKey, toInputKey } from './publishedGraph.ts'

export interface PossibleInputs {
  readonly inputs: readonly WorkflowInput[]
  /** Keys that are offered as changeable. */
  readonly suggested: readonly string[]
}

const MAX_INPUTS = 2000
/** Where ComfyUI says no bound. */
const LARGEST_NUMBER = 1_000_000_000

/**
 * Everything of a graph that could be made changeable, with what ComfyUI says of its range. Without `objectInfo` only
 * what the values themselves and common names tell. What comes from another node cannot be changed.
 */
export function findPossibleInputs(nodes: JsonObject, objectInfo: JsonObject | undefined): PossibleInputs {
  const found: (InputPlace & { readonly kind: InputKind })[] = []
  for (const [nodeId, node] of nodes) {
    for (const [input, value] of findNodeInputs(node) ?? []) {
      if (!isScalar(value) || found.length >= MAX_INPUTS) continue
      const className = classOf(node)
      const facts = objectInfo && findInput(objectInfo, className, input)
      const kind =
        objectInfo === undefined ? guessInput(className, input, value) : facts && readKind(input, facts, value)
      if (kind !== undefined) found.push({ key: toInputKey(nodeId, input), nodeId, input, kind })
    }
  }
  const labels = labelInputs(nodes, found)
  const inputs = found.flatMap(({ key, kind }) => {
    const parsed = workflowInputSchema.safeParse({ ...kind, key, label: labels.get(key), hint: '' })
    return parsed.success ? [parsed.data] : []
  })
  return { inputs, suggested: suggest(nodes, inputs) }
}

function readKind(name: string, facts: InputFacts, value: JsonValue): InputKind | undefined {
  switch (facts.type) {
    case 'STRING':
      return typeof value === 'string' ? toText(value, isOn(facts, 'multiline')) : undefined
    case 'INT':
      return value instanceof JsonNumber ? readInteger(name, facts, value.text) : undefined
    case 'FLOAT':
      return value instanceof JsonNumber ? readNumber(facts, value.text) : undefined
    case 'BOOLEAN':
      return typeof value === 'boolean' ? { kind: 'boolean', default: value } : undefined
    case 'COMBO':
      return typeof value === 'string' ? readChoice(facts, value) : undefined
    default:
      return undefined
  }
}

function readInteger(name: string, facts: InputFacts, value: string): InputKind | undefined {
  const [min, max] = [numberOption(facts, 'min'), numberOption(facts, 'max')]
  if (isSeedName(name) || facts.options.get('control_after_generate') === true) return toSeed(value, min, max)
  const bounds = { min: toSafe(min) ?? Number.MIN_SAFE_INTEGER, max: toSafe(max) ?? Number.MAX_SAFE_INTEGER }
  const step = Math.max(1, toSafe(numberOption(facts, 'step')) ?? 1)
  const fallback = toSafe(value)
  return fallback === undefined ? undefined : { kind: 'integer', ...bounds, step, default: fallback }
}

function readNumber(facts: InputFacts, value: string): InputKind {
  const option = (name: string, otherwise: number): number => {
    const text = numberOption(facts, name)
    const number = text === undefined ? NaN : Number(text)
    return Number.isFinite(number) ? number : otherwise
  }
  const step = option('step', 0.01)
  return {
    kind: 'number',
    min: option('min', -LARGEST_NUMBER),
    max: option('max', LARGEST_NUMBER),
    step: step > 0 ? step : 0.01,
    default: Number(value),
  }
}

function readChoice(facts: InputFacts, value: string): InputKind | undefined {
  if (isPictureUpload(facts)) return { kind: 'image', default: value }
  if (listsFiles(facts) || facts.choices === undefined) return undefined
  return { kind: 'choice', choices: [...facts.choices], default: value }
}

const SUGGESTED = ['steps', 'width', 'height']
const MAX_SUGGESTED = 12

/** Texts, pictures and seeds, then steps and sizes; what the picture shows comes first. */
function suggest(nodes: JsonObject, inputs: readonly WorkflowInput[]): readonly string[] {
  const rankOf = ({ key, kind }: WorkflowInput): number => {
    const { nodeId, input } = splitInputKey(key)
    if (kind === 'text' && input === 'filename_prefix') return Infinity
    if (kind === 'text') return roleOfText(nodes, nodeId) === 'negative' ? 2 : 0
    if (kind === 'image') return 1
    if (SUGGESTED.includes(input)) return 3
    return kind === 'seed' ? 4 : Infinity
  }
  return inputs
    .map((input) => ({ key: input.key, rank: rankOf(input) }))
    .filter(({ rank }) => rank !== Infinity)
    .sort((one, other) => one.rank - other.rank)
    .slice(0, MAX_SUGGESTED)
    .map(({ key }) => key)
}
