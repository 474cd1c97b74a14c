import { z } from 'zod'
import type { WorkflowInput } from '../../../proxy/contract/workflows.ts'
import { ApiError } from '../../api/apiError.ts'
import { stepped } from './fieldShape.ts'

/** A picture that a workflow starts from: what ComfyUI calls it, and how it is shown here. */
const startPictureSchema = z.object({
  name: z.string(),
  label: z.string(),
  /** A small picture as `data:`, or a preview of the gate's; null: none is known on this device. */
  look: z.string().nullable(),
})
export type StartPicture = z.infer<typeof startPictureSchema>

/** Texts, choices and numbers as they were typed, an empty seed is drawn anew; switches; pictures, null while none is chosen. */
export const draftValueSchema = z.union([z.string(), z.boolean(), startPictureSchema, z.null()])
export type DraftValue = z.infer<typeof draftValueSchema>
export const draftSchema = z.record(z.string(), draftValueSchema)
/** What a form holds, by the keys of the workflow's inputs. */
export type Draft = Readonly<Record<string, DraftValue>>

export const isStartPicture = (value: DraftValue | undefined): value is StartPicture =>
  typeof value === 'object' && value !== null

/** The form as it opens: what was there before, where it still fits, otherwise what was published. */
export function createDraft(inputs: readonly WorkflowInput[], before: Draft = {}): Draft {
  return Object.fromEntries(
    inputs.map((input) => {
      const value = before[input.key]
      return [input.key, value !== undefined && fits(input, value) ? value : defaultValue(input)]
    }),
  )
}

export function defaultValue(input: WorkflowInput): DraftValue {
  switch (input.kind) {
    case 'integer':
    case 'number':
      return String(input.default)
    case 'seed':
      return ''
    // The publisher's own picture is in the publisher's folder.
    case 'image':
      return null
    case 'text':
    case 'choice':
    case 'boolean':
      return input.default
  }
}

function fits(input: WorkflowInput, value: DraftValue): boolean {
  switch (input.kind) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'image':
      return isStartPicture(value)
    case 'choice':
      return typeof value === 'string' && input.choices.includes(value)
    case 'text':
    case 'integer':
    case 'number':
    case 'seed':
      return typeof value === 'string' && findProblem(input, value) === undefined
  }
}

/** What is wrong with a form, by key; empty: it can be sent. The gate checks again. */
export function findProblems(inputs: readonly WorkflowInput[], draft: Draft): ReadonlyMap<string, string> {
  const problems = new Map<string, string>()
  for (const input of inputs) {
    const problem = findProblem(input, draft[input.key] ?? null)
    if (problem !== undefined) problems.set(input.key, problem)
  }
  return problems
}

function findProblem(input: WorkflowInput, value: DraftValue): string | undefined {
  switch (input.kind) {
    case 'image':
      return isStartPicture(value) ? undefined : 'Choose a picture.'
    case 'text':
      return typeof value === 'string' && value.length > input.maxLength
        ? `That is ${value.length - input.maxLength} characters too many.`
        : undefined
    case 'integer':
    case 'number':
      return findNumberProblem(input, typeof value === 'string' ? value : '')
    case 'seed':
      return findSeedProblem(input, typeof value === 'string' ? value : '')
    case 'choice':
      return typeof value === 'string' && input.choices.includes(value) ? undefined : 'Choose one.'
    case 'boolean':
      return undefined
  }
}

type NumberInput = Extract<WorkflowInput, { kind: 'integer' | 'number' }>
type SeedInput = Extract<WorkflowInput, { kind: 'seed' }>

/** As people write them, with comma or point; undefined: no number. */
export function parseNumber(text: string): number | undefined {
  const plain = text.trim().replace(',', '.')
  return /^[-+]?(?:\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : undefined
}

function findNumberProblem({ kind, min, max }: NumberInput, text: string): string | undefined {
  const number = parseNumber(text)
  if (number === undefined) return 'Give a number.'
  if (kind === 'integer' && !Number.isInteger(number)) return 'Give a whole number.'
  return number < min || number > max ? `Give a number from ${min} to ${max}.` : undefined
}

function findSeedProblem({ min, max }: SeedInput, text: string): string | undefined {
  const digits = text.trim()
  if (digits === '') return undefined
  if (!/^-?\d{1,20}$/.test(digits)) return 'Give a whole number, or let it be drawn.'
  const seed = BigInt(digits)
  return seed < BigInt(min) || seed > BigInt(max) ? `Give a number from ${min} to ${max}.` : undefined
}

/** What the gate is sent: only what can be changed, each in its exact type. A seed that is not given is drawn there. */
export function toRunInputs(inputs: readonly WorkflowInput[], draft: Draft): Record<string, string | number | boolean> {
  const sent: Record<string, string | number | boolean> = {}
  for (const input of inputs) {
    const value = toSent(input, draft[input.key] ?? null)
    if (value !== undefined) sent[input.key] = value
  }
  return sent
}

function toSent(input: WorkflowInput, value: DraftValue): string | number | boolean | undefined {
  switch (input.kind) {
    case 'integer':
    case 'number':
      return typeof value === 'string' ? toNumber(input, value) : undefined
    case 'seed':
      return typeof value === 'string' && value.trim() !== '' ? toSeed(value.trim()) : undefined
    case 'image':
      return isStartPicture(value) ? value.name : undefined
    case 'text':
    case 'choice':
    case 'boolean':
      return isStartPicture(value) || value === null ? undefined : value
  }
}

/** The nearest number that the gate takes; what was published between two steps stays as it was. */
function toNumber(input: NumberInput, text: string): number | undefined {
  const number = parseNumber(text)
  if (number === undefined) return undefined
  const nearest = Number(stepped(input, number, 0))
  return number === input.default && nearest !== number ? undefined : nearest
}

/** Beyond 2^53 a number would not arrive as it was typed. */
const toSeed = (digits: string): number | string =>
  Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits).toString()

/** The form of a run: what it was asked with, and the seeds that were drawn for it. */
export function withSeeds(
  inputs: readonly WorkflowInput[],
  draft: Draft,
  ran: Readonly<Record<string, unknown>>,
): Draft {
  const seeds = inputs.flatMap(({ kind, key }) => {
    const seed = ran[key]
    const isGiven = typeof seed === 'string' || typeof seed === 'number'
    return kind === 'seed' && isGiven ? [[key, String(seed)] as const] : []
  })
  return { ...draft, ...Object.fromEntries(seeds) }
}

/** The same once more, with other seeds. */
export function withoutSeeds(inputs: readonly WorkflowInput[], draft: Draft): Draft {
  const seeds = inputs.filter(({ kind }) => kind === 'seed').map(({ key }) => [key, ''] as const)
  return { ...draft, ...Object.fromEntries(seeds) }
}

/** The words of a refusal that name an input, by key: they stand at its field. */
export function refusedInputs(inputs: readonly WorkflowInput[], error: unknown): ReadonlyMap<string, string> {
  if (!(error instanceof ApiError)) return new Map()
  return new Map(
    inputs.flatMap(({ key }) => {
      const found = error.fieldErrors.find(({ field }) => field === key || field === `inputs.${key}`)
      return found === undefined ? [] : [[key, found.message] as const]
    }),
  )
}
