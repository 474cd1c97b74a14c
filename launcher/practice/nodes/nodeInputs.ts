import { toPythonFloat, toPythonInt, toPythonText } from '../values/pythonValues.ts'
import type { JsonValue } from '../values/json.ts'
import { NodeFailure, type ImageBatch, type MaskBatch, type NodeInputs } from './nodeClass.ts'

/** The pictures of that input. @throws NodeFailure */
export function imageInput(inputs: NodeInputs, name: string): ImageBatch {
  const value = inputs.get(name)
  if (value?.kind !== 'image') throw new NodeFailure('TypeError', `input ${name} is no image`)
  return value
}

/** The masks of that input. @throws NodeFailure */
export function maskInput(inputs: NodeInputs, name: string): MaskBatch {
  const value = inputs.get(name)
  if (value?.kind !== 'mask') throw new NodeFailure('TypeError', `input ${name} is no mask`)
  return value
}

/** An integer that is safe as a number: sizes and counts, never seeds. @throws NodeFailure, PythonValueError */
export function countInput(inputs: NodeInputs, name: string): number {
  return Number(toPythonInt(plainInput(inputs, name)))
}

/** An integer of any size. @throws NodeFailure, PythonValueError */
export function integerInput(inputs: NodeInputs, name: string): bigint {
  return toPythonInt(plainInput(inputs, name))
}

/** @throws NodeFailure, PythonValueError */
export function floatInput(inputs: NodeInputs, name: string): number {
  return toPythonFloat(plainInput(inputs, name))
}

/** @throws NodeFailure */
export function textInput(inputs: NodeInputs, name: string): string {
  return toPythonText(plainInput(inputs, name))
}

/** @throws NodeFailure */
export function plainInput(inputs: NodeInputs, name: string): JsonValue {
  const value = inputs.get(name)
  if (value?.kind !== 'value') throw new NodeFailure('TypeError', `input ${name} is no plain value`)
  return value.value
}
