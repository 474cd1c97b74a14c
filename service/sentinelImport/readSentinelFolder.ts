import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { findBcryptCost, maxBcryptCost } from '../../proxy/accounts/bcryptHash.ts'
import { accountNameSchema } from '../../proxy/contract/accounts.ts'
import { GateError } from '../../proxy/contract/errorCodes.ts'
import { toShown } from '../../proxy/core/shownText.ts'
import { hasCode } from '../../proxy/core/systemErrors.ts'
import { readAddressList } from '../../proxy/network/addressList.ts'
import type { AddressList } from '../../proxy/network/addressList.ts'

/** Somebody of `users_db.json` who can be taken over. */
export interface SentinelPerson {
  /** Sentinel's own id. */
  readonly id: string
  readonly name: string
  readonly passwordHash: string
  readonly isAdmin: boolean
}

/** What could not be taken over, and why; a password is never part of it. */
export interface Refused {
  readonly name: string
  readonly reason: string
}

/** The options of `config.json` as they stand there; anything may be wrong with them. */
export type SentinelConfig = Readonly<Record<string, unknown>>

export interface SentinelFolder {
  readonly config: SentinelConfig
  readonly people: readonly SentinelPerson[]
  readonly refused: readonly Refused[]
  readonly whitelist: AddressList
  readonly blacklist: AddressList
  /** Files that were looked for and are not there. */
  readonly missing: readonly string[]
}

const MAX_FILE_BYTES = 16 * 1024 * 1024

/**
 * Reads a folder of ComfyUI-Sentinel whole; it changes nothing there.
 * @throws GateError VALIDATION_FAILED in words when a file cannot be read, NOT_FOUND when nothing of it is there
 */
export function readSentinelFolder(directory: string): SentinelFolder {
  const missing: string[] = []
  const read = (name: string): string | undefined => {
    const text = readText(resolve(directory, name))
    if (text === undefined) missing.push(name)
    return text
  }
  const config = parseConfig(read('config.json'))
  const users = read(fileNameOf(config, 'users_db', 'users_db.json'))
  const whitelist = read(fileNameOf(config, 'whitelist', 'whitelist.txt'))
  const blacklist = read(fileNameOf(config, 'blacklist', 'blacklist.txt'))
  if (missing.length === 4) {
    throw new GateError(
      'NOT_FOUND',
      `There is nothing of ComfyUI-Sentinel in ${directory}: no users_db.json, no config.json.`,
    )
  }
  return {
    config,
    ...parseUsers(users ?? '{}'),
    whitelist: readAddressList(whitelist ?? ''),
    blacklist: readAddressList(blacklist ?? ''),
    missing,
  }
}

function readText(path: string): string | undefined {
  try {
    const found = statSync(path)
    // A device or a pipe has no end, and no size either.
    if (!found.isFile()) throw new GateError('VALIDATION_FAILED', `${path} is no file.`)
    if (found.size > MAX_FILE_BYTES) throw new GateError('VALIDATION_FAILED', `${path} is too large.`)
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    if (error instanceof GateError) throw error
    throw new GateError('VALIDATION_FAILED', `${path} cannot be read.`, { cause: error })
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new GateError(
      'VALIDATION_FAILED',
      `${name} is no valid JSON, so nothing was taken over. Mend it or move it away.`,
      {
        cause: error,
      },
    )
  }
}

const objectSchema = z.record(z.string(), z.unknown())

function parseConfig(text: string | undefined): SentinelConfig {
  if (text === undefined) return {}
  const parsed = objectSchema.safeParse(parseJson(text, 'config.json'))
  if (parsed.success) return parsed.data
  throw new GateError('VALIDATION_FAILED', 'config.json is not the options of ComfyUI-Sentinel: it is no object.')
}

function fileNameOf(config: SentinelConfig, option: string, byDefault: string): string {
  const named = config[option]
  if (typeof named !== 'string' || named.trim() === '') return byDefault
  // Opening it would tell another computer who is signed in to this one (Windows answers with a hash of the password).
  if (/^[\\/]{2}/.test(named)) {
    throw new GateError('VALIDATION_FAILED', `config.json names a file on another computer (${option}).`)
  }
  return named
}

/** `{"<id>": {"username": …, "password": "<bcrypt>", "admin": …}, …}` */
function parseUsers(text: string): { people: SentinelPerson[]; refused: Refused[] } {
  const parsed = objectSchema.safeParse(parseJson(text, 'users_db.json'))
  if (!parsed.success) {
    throw new GateError('VALIDATION_FAILED', 'users_db.json is not the users of ComfyUI-Sentinel: it is no object.')
  }
  const people: SentinelPerson[] = []
  const refused: Refused[] = []
  for (const [id, entry] of Object.entries(parsed.data)) {
    const result = parseUser(id, entry)
    if ('reason' in result) refused.push(result)
    else people.push(result)
  }
  return { people, refused }
}

const userSchema = z.object({ username: z.string(), password: z.unknown().optional(), admin: z.unknown().optional() })

function parseUser(id: string, entry: unknown): SentinelPerson | Refused {
  const parsed = userSchema.safeParse(entry)
  if (!parsed.success) return { name: toShown(id), reason: 'This entry is not a user of ComfyUI-Sentinel.' }
  const { username, password, admin } = parsed.data
  const name = accountNameSchema.safeParse(username)
  if (!name.success) {
    return { name: toShown(username), reason: name.error.issues[0]?.message ?? 'This name does not fit.' }
  }
  const cost = typeof password === 'string' ? findBcryptCost(password) : undefined
  if (typeof password !== 'string' || cost === undefined) {
    return { name: toShown(username), reason: 'The password is not stored as ComfyUI-Sentinel stores it (bcrypt).' }
  }
  if (cost > maxBcryptCost)
    return { name: toShown(username), reason: 'The hash of the password is too costly to check.' }
  return { id, name: name.data, passwordHash: password, isAdmin: admin === true }
}
