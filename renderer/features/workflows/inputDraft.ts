import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'

/** One input of the workflow as the page edits it. */
export interface InputDraft {
  /** What ComfyUI allows: never widened. */
  readonly possible: WorkflowInput
  /** What people will see. */
  readonly input: WorkflowInput
  /** Whether people may change it. */
  readonly on: boolean
}

/**
 * What can be made changeable, with what is suggested ticked; or, when it was published before, as it was then, as far
 * as it still fits.
 */
export function toInputDrafts(
  possible: readonly WorkflowInput[],
  suggested: readonly string[],
  before: readonly WorkflowInput[] = [],
): InputDraft[] {
  const known = new Map(before.map((input) => [input.key, input]))
  return possible.map((input) => {
    const old = known.get(input.key)
    if (before.length === 0) return { possible: input, input, on: suggested.includes(input.key) }
    return { possible: input, input: old === undefined ? input : keepWords(input, old), on: old !== undefined }
  })
}

/** The label, the hint and the narrower range of before; the default of the new workflow. */
function keepWords(now: WorkflowInput, old: WorkflowInput): WorkflowInput {
  const words = { label: old.label, hint: old.hint }
  if (now.kind === 'integer' && old.kind === 'integer') return { ...now, ...words, ...keepRange(now, old) }
  if (now.kind === 'number' && old.kind === 'number') return { ...now, ...words, ...keepRange(now, old) }
  if (now.kind === 'choice' && old.kind === 'choice') {
    const choices = now.choices.filter((choice) => old.choices.includes(choice) || choice === now.default)
    return { ...now, ...words, choices }
  }
  if (now.kind === 'text' && old.kind === 'text') return { ...now, ...words, maxLength: old.maxLength }
  return { ...now, ...words }
}

interface Range {
  readonly min: number
  readonly max: number
  readonly default: number
}

const keepRange = (now: Range, old: Range) => ({
  min: Math.min(now.default, Math.max(now.min, old.min)),
  max: Math.max(now.default, Math.min(now.max, old.max)),
})

export const toInputs = (drafts: readonly InputDraft[]): WorkflowInput[] =>
  drafts.filter(({ on }) => on).map(({ input }) => input)

/** Why it cannot be published so; undefined when it can. */
export function inputError({ possible, input, on }: InputDraft): string | undefined {
  if (!on) return undefined
  if (input.label.trim() === '') return 'Give it a name that people understand.'
  if ((input.kind === 'integer' || input.kind === 'number') && possible.kind === input.kind) {
    if (input.min > input.max) return 'The smallest is above the largest.'
    if (input.min < possible.min || input.max > possible.max) {
      return `ComfyUI takes from ${possible.min} to ${possible.max}.`
    }
    if (input.default < input.min || input.default > input.max) {
      return `It is ${input.default} in the workflow: that must lie between the smallest and the largest.`
    }
  }
  if (input.kind === 'choice') {
    if (input.choices.length === 0) return 'Leave at least one choice.'
    if (!input.choices.includes(input.default)) return `Leave “${input.default}”: it is chosen in the workflow.`
  }
  if (input.kind === 'text' && input.default.length > input.maxLength) {
    return `The text in the workflow has ${input.default.length} characters: allow at least as many.`
  }
  return undefined
}
