import { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'
import type { ApiEnvironment } from './dependencies.ts'

export type ApiRouter = OpenAPIHono<ApiEnvironment>

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The refusal of an input that a schema does not accept; `errors` names each place once. */
export function toValidationRefusal(issues: readonly Issue[]): GateError {
  const messages = new Map<string, string>()
  for (const { path, message } of issues) {
    const place = path.map(String).join('.')
    if (!messages.has(place)) messages.set(place, message)
  }
  const errors = [...messages].map(([path, message]) => ({ path, message }))
  return new GateError('VALIDATION_FAILED', toSentence(errors[0]), { details: { errors } })
}

/** Our own messages are sentences; the schema library's need the place to be understood. */
function toSentence(first: { readonly path: string; readonly message: string } | undefined): string {
  if (first === undefined) return 'This does not fit.'
  return first.path === '' || first.message.endsWith('.') ? first.message : `${first.path}: ${first.message}`
}

/** A router whose refused inputs become problem details instead of zod-openapi's own shape. */
export function createRouter(): ApiRouter {
  return new OpenAPIHono<ApiEnvironment>({
    defaultHook: (result) => {
      if (!result.success) throw toValidationRefusal(result.error.issues)
    },
  })
}

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
})

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
})

/** Refusals that every route may answer with. */
export const commonRefusals = {
  401: problem('Not signed in, or the credential does not hold'),
  403: problem('Not allowed, in words'),
  422: problem('The input does not fit; `errors` names the places'),
} as const

export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})

export const jsonAnswer = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

export const noContent = { description: 'Done' } as const
