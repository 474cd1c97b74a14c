import { OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { GateError } from '../contract/errorCodes.ts'
import type { ApiEnvironment } from './dependencies.ts'

export type ApiRouter = OpenAPIHono<ApiEnvironment>

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The refusal of an input that a schema does not accept; `errors` names each place. */
export function toValidationRefusal(issues: readonly Issue[]): GateError {
  const errors = issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
  const first = errors[0]
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `
  return new GateError('VALIDATION_FAILED', `${where}${first?.message ?? 'This does not fit.'}`, {
    details: { errors },
  })
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
