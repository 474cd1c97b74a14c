import { assertNever } from '../core/assertNever.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { WorkflowInput } from '../contract/workflows.ts'
import { checkFileName, hasFolderSuffix } from '../comfyui/fileNames.ts'
import { JsonNumber } from '../comfyui/losslessJson.ts'
import type { JsonValue } from '../comfyui/losslessJson.ts'
import { compareDecimals, isOnStep, parseDecimal } from './decimal.ts'

/** `wrong`: why, to read after the name of the input: "must be a whole number from 1 to 50". */
export type CheckedValue =
  { readonly kind: 'right'; readonly value: JsonValue } | { readonly kind: 'wrong'; readonly why: string }

const INTEGER = /^-?(?:0|[1-9]\d*)$/
/** A seed has 20 digits at most; more are not worth counting. */
const MAX_INTEGER_LENGTH = 32

const right = (value: JsonValue): CheckedValue => ({ kind: 'right', value })
const wrong = (why: string): CheckedValue => ({ kind: 'wrong', why })

/**
 * Whether somebody may put this value there: of exactly the type of its kind, and within what was published. ComfyUI
 * itself takes "64", 32.9, true, a link and {"__value__": …} for a whole number; none of them is one here.
 */
export function checkInputValue(input: WorkflowInput, value: JsonValue): CheckedValue {
  switch (input.kind) {
    case 'text':
      return checkText(value, input.maxLength)
    case 'integer':
      return checkInteger(value, { min: BigInt(input.min), max: BigInt(input.max), step: BigInt(input.step) })
    case 'seed':
      return checkInteger(value, { min: BigInt(input.min), max: BigInt(input.max), step: 1n })
    case 'number':
      return checkNumber(value, input)
    case 'boolean':
      return typeof value === 'boolean' ? right(value) : wrong('is switched on or off: true or false')
    case 'choice':
      return typeof value === 'string' && input.choices.includes(value)
        ? right(value)
        : wrong('is one of the choices that were published')
    case 'image':
      return checkImage(value)
    default:
      return assertNever(input)
  }
}

function checkText(value: JsonValue, maxLength: number): CheckedValue {
  if (typeof value !== 'string') return wrong('must be a text')
  return value.length <= maxLength ? right(value) : wrong(`has at most ${maxLength} characters`)
}

interface IntegerBounds {
  readonly min: bigint
  readonly max: bigint
  readonly step: bigint
}

function checkInteger(value: JsonValue, { min, max, step }: IntegerBounds): CheckedValue {
  const isWhole = value instanceof JsonNumber && value.text.length <= MAX_INTEGER_LENGTH && INTEGER.test(value.text)
  if (!isWhole) return wrong(`must be a whole number from ${min} to ${max}`)
  const number = BigInt(value.text)
  if (number < min || number > max) return wrong(`must be from ${min} to ${max}`)
  if ((number - min) % step !== 0n) return wrong(`goes from ${min} in steps of ${step}`)
  return right(new JsonNumber(String(number)))
}

function checkNumber(value: JsonValue, input: WorkflowInput & { readonly kind: 'number' }): CheckedValue {
  const [min, max, step] = [input.min, input.max, input.step].map((bound) => parseDecimal(String(bound)))
  const number = value instanceof JsonNumber ? parseDecimal(value.text) : undefined
  if (number === undefined || !(value instanceof JsonNumber)) {
    return wrong(`must be a number from ${input.min} to ${input.max}`)
  }
  if (min === undefined || max === undefined || step === undefined) return wrong('cannot be changed')
  if (compareDecimals(number, min) < 0 || compareDecimals(number, max) > 0) {
    return wrong(`must be from ${input.min} to ${input.max}`)
  }
  if (!isOnStep(number, min, step)) return wrong(`goes from ${input.min} in steps of ${input.step}`)
  return right(value)
}

/** ComfyUI reads a folder from the end of a name, and other folders from its parts. */
function checkImage(value: JsonValue): CheckedValue {
  const why = 'is the name of a picture that you uploaded, without a folder'
  if (typeof value !== 'string' || hasFolderSuffix(value)) return wrong(why)
  try {
    checkFileName(value)
  } catch (error) {
    if (error instanceof GateError) return wrong(why)
    throw error
  }
  return right(value)
}
