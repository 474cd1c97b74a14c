import type { WorkflowInput } from '../contract/workflows.ts'

type Omitted<Input> = Input extends unknown ? Omit<Input, 'key' | 'label' | 'hint'> : never
/** What of an input its class says; its key and words come from the graph. */
export type InputKind = Omitted<WorkflowInput>

export const LARGEST_SEED = '18446744073709551615'
const SEED_DIGITS = /^-?\d{1,20}$/
const LARGEST_INTEGER = BigInt(Number.MAX_SAFE_INTEGER)

export const toText = (value: string, multiline: boolean): InputKind => ({
  kind: 'text',
  multiline,
  maxLength: Math.min(20_000, Math.max(value.length, multiline ? 5000 : 500)),
  default: value,
})

/** As ComfyUI's page knows which number it draws anew. */
export const isSeedName = (name: string): boolean => name === 'seed' || name === 'noise_seed'

export function toSeed(value: string, min = '0', max = LARGEST_SEED): InputKind {
  const digits = (text: string, otherwise: string): string => (SEED_DIGITS.test(text) ? text : otherwise)
  return { kind: 'seed', min: digits(min, '0'), max: digits(max, LARGEST_SEED), default: digits(value, '0') }
}

/** Only whole numbers, at most what a number of JSON holds exactly. */
export function toSafe(text: string | undefined): number | undefined {
  if (text === undefined || !/^-?\d{1,40}$/.test(text)) return undefined
  const value = BigInt(text)
  if (value > LARGEST_INTEGER) return Number.MAX_SAFE_INTEGER
  return value < -LARGEST_INTEGER ? Number.MIN_SAFE_INTEGER : Number(value)
}
