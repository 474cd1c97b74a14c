import type { InputSpec } from '../nodes/nodeClass.ts'
import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../values/json.ts'
import {
  PythonValueError,
  toPythonBool,
  toPythonFloat,
  toPythonInt,
  toPythonRepr,
  toPythonText,
} from '../values/pythonValues.ts'

/** One error as ComfyUI's answers carry it. */
export type PromptError = {
  type: string
  message: string
  details: string
  extra_info: JsonObject
}

/** An input that is no link. */
export interface PlainInput {
  readonly name: string
  readonly spec: InputSpec
  readonly value: JsonValue
  /** The class checks this input itself: limits and choices are not applied. */
  readonly checkedByNode: boolean
}

/** Converts the value to its type in `inputs`. @returns ComfyUI's error when it does not fit */
export function convertAndCheck(inputs: JsonObject, input: PlainInput): PromptError | undefined {
  const { name, spec } = input
  // {"__value__": […]} carries a list, which would be a link otherwise.
  const wrapped = isJsonObject(input.value) ? memberOf(input.value, '__value__') : undefined
  const raw = wrapped ?? input.value
  try {
    const value = convert(raw, spec[0])
    inputs[name] = value
    return input.checkedByNode ? undefined : checkLimits(name, spec, value)
  } catch (error) {
    if (!(error instanceof PythonValueError)) throw error
    const type = String(spec[0])
    const facts = { input_config: toConfig(spec), received_value: raw, exception_message: error.message }
    const details = `${name}, ${toPythonText(raw)}, ${error.message}`
    return inputError('invalid_input_type', `Failed to convert an input value to a ${type} value`, name, details, facts)
  }
}

function convert(value: JsonValue, type: InputSpec[0]): JsonValue {
  switch (type) {
    case 'INT':
      return toPythonInt(value)
    case 'FLOAT':
      return toPythonFloat(value)
    case 'STRING':
      return toPythonText(value)
    case 'BOOLEAN':
      return toPythonBool(value)
    default:
      return value
  }
}

function checkLimits(name: string, spec: InputSpec, value: JsonValue): PromptError | undefined {
  const [type, options = {}] = spec
  const facts = { input_config: toConfig(spec), received_value: value }
  const { min, max } = options
  if (isNumeric(value) && isNumeric(min) && value < min) {
    const message = `Value ${toPythonText(value)} smaller than min of ${limitText(min, type)}`
    return inputError('value_smaller_than_min', message, name, name, facts)
  }
  if (isNumeric(value) && isNumeric(max) && value > max) {
    const message = `Value ${toPythonText(value)} bigger than max of ${limitText(max, type)}`
    return inputError('value_bigger_than_max', message, name, name, facts)
  }
  if (typeof type === 'string' || (typeof value === 'string' && type.includes(value))) return undefined
  const isLong = type.length > 20
  const choices = isLong ? `(list of length ${type.length})` : toPythonRepr(type)
  const details = `${name}: '${toPythonText(value)}' not in ${choices}`
  const config = isLong ? null : facts.input_config
  return inputError('value_not_in_list', 'Value not in list', name, details, { ...facts, input_config: config })
}

function isNumeric(value: JsonValue | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function limitText(limit: number | bigint, type: InputSpec[0]): string {
  return type === 'FLOAT' && typeof limit === 'number' ? toPythonText(limit) : String(limit)
}

/** The declaration of an input as errors repeat it. */
export function toConfig([type, options = {}]: InputSpec): JsonValue {
  return [type, options]
}

/** An error about one input. */
export function inputError(
  type: string,
  message: string,
  name: string,
  details: string,
  facts: JsonObject,
): PromptError {
  return { type, message, details, extra_info: { input_name: name, ...facts } }
}
