import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import { createTokenCookie } from '../accounts/sessionCookie.ts'
import type { Stores } from '../accounts/stores.ts'
import { passwordSchema } from '../contract/accounts.ts'
import { GateError } from '../contract/errorCodes.ts'
import { HOUR_MS } from '../core/time.ts'
import { findDeviceToken } from '../http/credentials.ts'
import { everywhere } from '../http/securityHeaders.ts'
import { toSignInRequest } from './signInRequest.ts'
import { readFields } from './turn.ts'
import type { Turn } from './turn.ts'

/*
 * The API of ComfyUI-Sentinel as its README documents it, so that its clients go on working: field names, messages and
 * status codes are its own, also where ours would be others. What it did unsafely is done otherwise and said in
 * docs/from-sentinel.md.
 */

/** `Number` of a longer text says nothing that anybody meant. */
const MAX_NUMBER_CHARACTERS = 20

const text = z.string().max(200).catch('')
const credentialsSchema = z.object({ username: text, password: passwordSchema.catch('') })
const tokenSchema = z.object({
  expire_hours: z.union([z.number(), z.string().max(MAX_NUMBER_CHARACTERS), z.undefined()]).catch('not a number'),
})
const registrationSchema = z.object({
  new_user_username: text,
  new_user_password: passwordSchema.catch(''),
  role: z.enum(['user', 'creator']).default('user'),
})

const isIncomplete = ({ username, password }: z.infer<typeof credentialsSchema>): boolean =>
  username === '' || password === ''

/** What ComfyUI-Sentinel asks of a name; the ones made here can be used by its clients. */
const namePattern = /^[A-Za-z0-9_]{3,40}$/

interface SentinelAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, string | number>>
  readonly headers?: Readonly<Record<string, string>>
}

const refusal = (status: number, error: string): SentinelAnswer => ({ status, body: { error } })
const badLogin = refusal(401, 'Invalid username or password')
const missingCredentials = refusal(400, 'Missing login credentials (username and password)')
const badAdministrator: SentinelAnswer = {
  status: 403,
  body: { error: 'Invalid username or password', message: 'Invalid username or password' },
}
const noAdministrator = refusal(
  403,
  'There is no administrator who could register anybody. On the computer itself, make one: gatehouse user add NAME --role administrator --password-stdin',
)

/** `POST /login` as JSON, or as a form of a tool: a token, in the answer and as cookie. */
export const loginForToken = (turn: Turn, stores: Stores, fields?: unknown): Promise<void> =>
  answer(turn, badLogin, async () => {
    if (fields === undefined) await refusePaused(turn, stores)
    const credentials = parse(credentialsSchema, fields ?? (await readFields(turn)))
    if (isIncomplete(credentials)) return missingCredentials
    const lifetimeMs = stores.settings.get('tokens.hours') * HOUR_MS
    const { text } = await stores.signIns.openToken({
      ...toSignInRequest(turn, credentials),
      use: 'cookie',
      lifetimeMs,
    })
    const maxAgeSeconds = Math.floor(lifetimeMs / 1000)
    const cookie = createTokenCookie(text, { ...turn.context, maxAgeSeconds })
    return {
      status: 200,
      body: { message: 'Login successful', jwt_token: text },
      headers: { 'set-cookie': cookie },
    }
  })

/** `POST /generate_token`: a token for a tool. It never signs the browser in that asks for it. */
export const generateToken = (turn: Turn, stores: Stores): Promise<void> =>
  answer(turn, badLogin, async () => {
    await refusePaused(turn, stores)
    const fields = await readFields(turn)
    const credentials = parse(credentialsSchema, fields)
    const maxHours = stores.settings.get('tokens.maxHours')
    const hours = readHours(parse(tokenSchema, fields).expire_hours, stores.settings.get('tokens.hours'))
    if (hours === undefined) return refusal(400, 'Expiration hours must be a number')
    if (hours <= 0) return refusal(400, 'Expiration hours must be greater than 0')
    if (hours > maxHours) return refusal(400, `Expiration hours must be smaller than ${maxHours}`)
    if (isIncomplete(credentials)) return missingCredentials
    const lifetimeMs = Math.ceil(hours * HOUR_MS)
    const { text } = await stores.signIns.openToken({ ...toSignInRequest(turn, credentials), use: 'api', lifetimeMs })
    return { status: 200, body: { message: 'JWT Token successfully generated', jwt_token: text } }
  })

/** `POST /register`: a new person, by an administrator's name and password, which count as a sign-in does. */
export const register = (turn: Turn, stores: Stores): Promise<void> =>
  answer(turn, badAdministrator, async () => {
    const { signIns, passwords, passwordHashes, accounts } = stores
    await refusePaused(turn, stores)
    const fields = await readFields(turn)
    const credentials = parse(credentialsSchema, fields)
    const { new_user_username: name, new_user_password: newPassword, role } = parse(registrationSchema, fields)
    if (name === '' || newPassword === '') return refusal(400, 'Missing new user registration details')
    if (!namePattern.test(name)) {
      return refusal(400, 'A user name has 3 to 40 characters: letters, digits and underscores.')
    }
    // Taking over a fresh install: whoever comes first is nobody.
    if (!(await passwordHashes.hasAdministrator())) return noAdministrator
    if (isIncomplete(credentials)) return refusal(400, 'Missing admin user authentication details')
    const proven = await signIns.prove(toSignInRequest(turn, credentials))
    if (proven.account.role !== 'administrator') return badAdministrator
    const passwordHash = await passwords.hashNew(name, newPassword)
    // Hashing takes its turn; the administrator may be none any more.
    if (!(await proven.stillHolds()) || (await accounts.get(proven.account.id)).role !== 'administrator') {
      return badAdministrator
    }
    await accounts.create({ name, role, passwordHash }, proven.by)
    return { status: 200, body: { message: 'User registered successfully' } }
  })

const refusePaused = ({ incoming, context }: Turn, { passwordTries }: Stores): Promise<void> =>
  passwordTries.refusePausedAddress(context.clientAddress, findDeviceToken(incoming.headers.cookie, context.secure))

/** @throws GateError BAD_REQUEST when a client sent something else than fields */
function parse<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(fields)
  if (parsed.success) return parsed.data
  throw new GateError('BAD_REQUEST', 'These fields are not as documented.')
}

/** undefined: no number. */
function readHours(sent: number | string | undefined, byDefault: number): number | undefined {
  if (sent === undefined) return byDefault
  const hours = typeof sent === 'string' && sent.trim() === '' ? Number.NaN : Number(sent)
  return Number.isFinite(hours) ? hours : undefined
}

async function answer(turn: Turn, failed: SentinelAnswer, work: () => Promise<SentinelAnswer>): Promise<void> {
  let result: SentinelAnswer
  try {
    result = await work()
  } catch (error) {
    if (!(error instanceof GateError)) throw error
    result = toAnswer(error, failed)
  }
  write(turn, result)
}

function toAnswer(error: GateError, failed: SentinelAnswer): SentinelAnswer {
  const { retryAfterSeconds: wait, failedAttempts } = error.details
  const headers: Record<string, string> = typeof wait === 'number' ? { 'retry-after': String(wait) } : {}
  if (error.code === 'SIGN_IN_FAILED') return failed
  if (error.code === 'ALREADY_EXISTS') return refusal(400, 'Username already exists')
  if (error.code === 'PASSWORD_TOO_WEAK' || error.code === 'VALIDATION_FAILED') return refusal(400, error.message)
  if (typeof wait === 'number' && typeof failedAttempts === 'number') {
    const body = { error: error.message, failed_attempts: failedAttempts, remaining_seconds: wait }
    return { status: 403, body, headers }
  }
  return { ...refusal(error.status, error.message), headers }
}

function write({ incoming, outgoing }: Turn, { status, body, headers = {} }: SentinelAnswer): void {
  const bytes = Buffer.from(JSON.stringify(body))
  writeHead(outgoing, status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(bytes.length),
    // A body that was not read to its end would be taken for the next request.
    ...(incoming.complete ? {} : { connection: 'close' }),
  })
  outgoing.end(bytes)
}

function writeHead(outgoing: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  outgoing.writeHead(status, {
    ...headers,
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...Object.fromEntries(everywhere),
    'cache-control': 'no-store',
    vary: 'Cookie, Accept, Authorization',
  })
}
