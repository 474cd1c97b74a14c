/*
 * The contract: names and shapes shared by the gate, its API's clients and the pages. It imports zod and nothing else
 * and knows no store, no socket and no policy.
 */

/** Every refusal there is. Codes are API: never renamed, only added. */
export const errorCodes = [
  'ADDRESS_BLOCKED',
  'ALREADY_EXISTS',
  'ALREADY_RUNNING',
  'AUTH_INVALID',
  'AUTH_REQUIRED',
  'BAD_REQUEST',
  'BODY_TOO_LARGE',
  'CONFIRMATION_NEEDED',
  'DATABASE_REFUSED',
  'DATA_FOLDER_REFUSED',
  'ENGINE_REFUSED',
  'ENGINE_UNAVAILABLE',
  'FOLDER_REFUSED',
  'FOREIGN_ORIGIN',
  'HOST_NOT_ALLOWED',
  'HTTPS_REQUIRED',
  'INVITATION_INVALID',
  'LAST_ADMINISTRATOR',
  'METHOD_NOT_ALLOWED',
  'NOT_FOUND',
  'OWNER_ONLY',
  'PASSWORD_REQUIRED',
  'PASSWORD_TOO_WEAK',
  'PERMISSION_DENIED',
  'PORT_IN_USE',
  'QUOTA_EXCEEDED',
  'RATE_LIMITED',
  'ROLE_IN_USE',
  'SECRETS_UNAVAILABLE',
  'SIGN_IN_FAILED',
  'TOO_MANY_CONNECTIONS',
  'UNSUPPORTED_MEDIA_TYPE',
  'VALIDATION_FAILED',
  'INTERNAL_ERROR',
] as const

/** Stable names of refusals. They are part of the API: never renamed, only added. */
export type ErrorCode = (typeof errorCodes)[number]

/** HTTP status of each code. */
export const errorStatus: Readonly<Record<ErrorCode, number>> = {
  ADDRESS_BLOCKED: 403,
  ALREADY_EXISTS: 409,
  ALREADY_RUNNING: 409,
  AUTH_INVALID: 401,
  AUTH_REQUIRED: 401,
  BAD_REQUEST: 400,
  BODY_TOO_LARGE: 413,
  CONFIRMATION_NEEDED: 409,
  DATABASE_REFUSED: 503,
  DATA_FOLDER_REFUSED: 503,
  ENGINE_REFUSED: 409,
  ENGINE_UNAVAILABLE: 503,
  FOLDER_REFUSED: 503,
  FOREIGN_ORIGIN: 403,
  HOST_NOT_ALLOWED: 421,
  HTTPS_REQUIRED: 403,
  INVITATION_INVALID: 410,
  LAST_ADMINISTRATOR: 409,
  METHOD_NOT_ALLOWED: 405,
  NOT_FOUND: 404,
  OWNER_ONLY: 403,
  PASSWORD_REQUIRED: 403,
  PASSWORD_TOO_WEAK: 422,
  PERMISSION_DENIED: 403,
  PORT_IN_USE: 409,
  QUOTA_EXCEEDED: 429,
  RATE_LIMITED: 429,
  ROLE_IN_USE: 409,
  SECRETS_UNAVAILABLE: 503,
  SIGN_IN_FAILED: 401,
  TOO_MANY_CONNECTIONS: 429,
  UNSUPPORTED_MEDIA_TYPE: 415,
  VALIDATION_FAILED: 422,
  INTERNAL_ERROR: 500,
}

/** An expected refusal. `message` is for the person who asked: no path, no stack, no secret. */
export class GateError extends Error {
  readonly code: ErrorCode
  readonly status: number
  /** Extra members of the problem details, for example `{ errors: [{ path, message }] }` or `{ retryAfterSeconds }`. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GateError'
    this.code = code
    this.status = errorStatus[code]
    this.details = options.details ?? {}
  }
}
