import { JsonNumber } from '../comfyui/losslessJson.ts'
import type { JsonValue } from '../comfyui/losslessJson.ts'
import { isSeedName, toSafe, toSeed, toText } from './inputKinds.ts'
import type { InputKind } from './inputKinds.ts'

/*
 * Without ComfyUI nobody says which values an input takes. Only for names that mean the same in every class there are
 * bounds; a text that may be the name of a model or a file stays as it is.
 */

interface Bounds {
  readonly min: number
  readonly max: number
  readonly step: number
}

const INTEGERS: Readonly<Record<string, Bounds>> = {
  steps: { min: 1, max: 100, step: 1 },
  width: { min: 64, max: 2048, step: 8 },
  height: { min: 64, max: 2048, step: 8 },
  batch_size: { min: 1, max: 4, step: 1 },
}
const NUMBERS: Readonly<Record<string, Bounds>> = {
  cfg: { min: 0, max: 30, step: 0.1 },
  guidance: { min: 0, max: 30, step: 0.1 },
  denoise: { min: 0, max: 1, step: 0.01 },
}
const TEXTS = new Set(['text', 'prompt', 'text_g', 'text_l', 'clip_l', 't5xxl', 'positive', 'negative'])
const PICTURES = new Set(['LoadImage', 'LoadImageMask'])

const find = (table: Readonly<Record<string, Bounds>>, name: string): Bounds | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** undefined: nothing is known of it, so it cannot be made changeable without ComfyUI. */
export function guessInput(className: string, name: string, value: JsonValue): InputKind | undefined {
  if (typeof value === 'boolean') return { kind: 'boolean', default: value }
  if (typeof value === 'string') {
    if (PICTURES.has(className) && name === 'image') return { kind: 'image', default: value }
    return TEXTS.has(name) ? toText(value, true) : undefined
  }
  if (!(value instanceof JsonNumber)) return undefined
  const whole = toSafe(value.text)
  if (isSeedName(name) && whole !== undefined) return toSeed(value.text)
  const integers = find(INTEGERS, name)
  if (integers !== undefined && whole !== undefined)
    return { kind: 'integer', ...widen(integers, whole), default: whole }
  const numbers = find(NUMBERS, name)
  const number = Number(value.text)
  return numbers && { kind: 'number', ...widen(numbers, number), default: number }
}

/** What was published is always within. */
const widen = ({ min, max, step }: Bounds, value: number): Bounds => ({
  min: Math.min(min, value),
  max: Math.max(max, value),
  step,
})
