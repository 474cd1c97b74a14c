import { z } from 'zod'

/** Problem details (RFC 9457) as the gate answers them. Unknown members are kept out. */
const problemSchema = z.object({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
  /** As ComfyUI-Sentinel's routes say it. */
  error: z.string().optional(),
  remaining_seconds: z.number().optional(),
  errors: z
    .array(z.object({ path: z.union([z.string(), z.array(z.union([z.string(), z.number()]))]), message: z.string() }))
    .optional(),
})

export interface FieldError {
  readonly field: string
  readonly message: string
}

/** A refusal, or no answer at all. `message` is in words for the person and safe to show. */
export class ApiError extends Error {
  /** A code of the gate's closed list, `UNREACHABLE` or `NOT_UNDERSTOOD`. */
  readonly code: string
  /** 0 when no answer came. */
  readonly status: number
  readonly fieldErrors: readonly FieldError[]
  readonly retryAfterSeconds: number | undefined

  constructor(options: {
    code: string
    status: number
    message: string
    fieldErrors?: readonly FieldError[]
    retryAfterSeconds?: number | undefined
    cause?: unknown
  }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ApiError'
    this.code = options.code
    this.status = options.status
    this.fieldErrors = options.fieldErrors ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** The gate's own words of a refusal; a plain sentence when the body carries none. */
export function toApiError(status: number, body: unknown): ApiError {
  const parsed = problemSchema.safeParse(body)
  const problem = parsed.success ? parsed.data : {}
  const fieldErrors = (problem.errors ?? []).map(({ path, message }) => ({
    field: Array.isArray(path) ? path.join('.') : path,
    message,
  }))
  return new ApiError({
    code: problem.code ?? 'NOT_UNDERSTOOD',
    status,
    message:
      problem.detail ??
      problem.error ??
      fieldErrors[0]?.message ??
      problem.title ??
      `Gatehouse refused this (status ${status}).`,
    fieldErrors,
    retryAfterSeconds: problem.retryAfterSeconds ?? problem.remaining_seconds,
  })
}

export function toUnreachable(cause: unknown): ApiError {
  return new ApiError({
    code: 'UNREACHABLE',
    status: 0,
    message:
      'Gatehouse does not answer: see that its computer is switched on and Gatehouse open there, and, on another device, that both are in the same network.',
    cause,
  })
}

export function toNotUnderstood(status: number, cause: unknown): ApiError {
  return new ApiError({
    code: 'NOT_UNDERSTOOD',
    status,
    message:
      'Gatehouse answered in a way this page does not know. Load the page again; it may be from an older version.',
    cause,
  })
}

/** What to show of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Try again.'
}

/** The refusal's words about one field of a form, if it named that field. */
export function fieldMessage(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.fieldErrors.find((entry) => entry.field === field)?.message
}

/** The refusal with its words about that one field alone, for a form that has no other and shows no field names. */
export function aboutField(error: unknown, field: string): unknown {
  const message = fieldMessage(error, field)
  // Only the gate's own words are sentences; a schema's need the field's name to be understood.
  if (!(error instanceof ApiError) || message?.endsWith('.') !== true) return error
  const { code, status, fieldErrors, retryAfterSeconds } = error
  return new ApiError({ code, status, message, fieldErrors, retryAfterSeconds, cause: error })
}
