import { isObject, parseLosslessJson } from '../comfyui/losslessJson.ts'
import type { JsonValue } from '../comfyui/losslessJson.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import { toInputKey } from './publishedGraph.ts'

/** What ComfyUI did not take, told in the words of the form that it was asked with. */
export function toRunRefusal(answer: string, inputs: readonly WorkflowInput[]): GateError {
  const value = parseLosslessJson(answer)
  const errors = [...(isObject(value) ? entriesOf(value.get('node_errors')) : [])].flatMap(([nodeId, node]) =>
    (isObject(node) ? listOf(node.get('errors')) : []).map((error) => describeError(nodeId, error, inputs)),
  )
  const general = isObject(value) ? describe(value.get('error')) : ''
  const message = errors[0]?.message ?? `ComfyUI did not take it: ${general}`
  return new GateError('VALIDATION_FAILED', message, { details: { errors: errors.slice(0, 20) } })
}

function describeError(nodeId: string, error: JsonValue, inputs: readonly WorkflowInput[]) {
  const info = isObject(error) ? error.get('extra_info') : undefined
  const name = isObject(info) ? info.get('input_name') : undefined
  const key = typeof name === 'string' ? toInputKey(nodeId, name) : undefined
  // Its picture is the one input that is missed by name in a form: ComfyUI says so in another way for each class.
  const input =
    inputs.find((one) => one.key === key) ?? inputs.find((one) => isPictureOf(one, nodeId) && name === undefined)
  if (input === undefined) return { path: `nodes.${nodeId}`, message: `ComfyUI did not take it: ${describe(error)}` }
  const message =
    input.kind === 'image' ? `Choose a picture for “${input.label}”.` : `“${input.label}”: ${describe(error)}`
  return { path: `inputs.${input.key}`, message }
}

const isPictureOf = ({ kind, key }: WorkflowInput, nodeId: string): boolean =>
  kind === 'image' && key.startsWith(`${nodeId}.`)

function describe(error: JsonValue | undefined): string {
  if (!isObject(error)) return 'it gave no reason.'
  const parts = ['message', 'details'].flatMap((name) => {
    const text = error.get(name)
    return typeof text === 'string' && text !== '' ? [text] : []
  })
  return `${parts.join(': ')}.`
}

const entriesOf = (value: JsonValue | undefined) => (isObject(value) ? value : [])
const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : [])
