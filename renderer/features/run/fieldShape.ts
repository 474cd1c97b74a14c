import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'

type NumberInput = Pick<Extract<WorkflowInput, { kind: 'integer' | 'number' }>, 'min' | 'max' | 'step'>

/** A finger on 300 pixels tells about so many steps apart. */
const mostSliderSteps = 200

/** Whether a slider can reach each of its values; otherwise there are − and +. */
export function isSlider({ min, max, step }: NumberInput): boolean {
  const steps = (max - min) / step
  return steps >= 2 && steps <= mostSliderSteps
}

/** How much of a slider lies left of a value, in percent. */
export const filled = ({ min, max }: NumberInput, value: number): number =>
  Math.min(100, Math.max(0, ((value - min) / (max - min)) * 100))

/** How many digits behind the point a step has: 0.05 → 2. */
export function decimalsOf(step: number): number {
  const [, exponent] = /e-(\d+)$/.exec(String(step)) ?? []
  if (exponent !== undefined) return Math.min(10, Number(exponent))
  return Math.min(10, (String(step).split('.')[1] ?? '').length)
}

/** The value so many steps on, on a step and within the range, as it is typed; 0 steps: the nearest. */
export function stepped({ min, max, step }: NumberInput, from: number, steps: number): string {
  const last = Math.floor((max - min) / step + 1e-9)
  const wanted = Math.round((from - min) / step + steps)
  const value = min + Math.min(last, Math.max(0, wanted)) * step
  const text = value.toFixed(Math.max(decimalsOf(step), decimalsOf(min)))
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** Few and short ones stand side by side. */
export function isSegmented(choices: readonly string[]): boolean {
  return choices.length >= 2 && choices.length <= 4 && choices.join('').length <= 24
}

/** `models/dreamshaper_8.safetensors` → `dreamshaper_8`: what a choice is called; the whole name where two would be alike. */
export function choiceWords(choices: readonly string[]): ReadonlyMap<string, string> {
  const short = (choice: string): string => choice.replace(/\.(?:safetensors|ckpt|pt|pth|bin|gguf|onnx)$/i, '')
  const taken = new Map<string, number>()
  for (const choice of choices) taken.set(short(choice), (taken.get(short(choice)) ?? 0) + 1)
  return new Map(choices.map((choice) => [choice, taken.get(short(choice)) === 1 ? short(choice) : choice]))
}

/** Short enough to be read to somebody. */
const mostSeed = 999_999_999n

/** A seed within the range; `chance` from 0 to below 1. */
export function drawSeed(
  { min, max }: Pick<Extract<WorkflowInput, { kind: 'seed' }>, 'min' | 'max'>,
  chance: number,
): string {
  const [least, most] = [BigInt(min), BigInt(max)]
  const room = most - least < mostSeed ? most - least : mostSeed
  const start = least < 0n && most >= room ? 0n : least
  return (start + BigInt(Math.floor(chance * Number(room + 1n)))).toString()
}
