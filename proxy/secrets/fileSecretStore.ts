import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writePrivateFile } from '../core/privateFile.ts'
import type { Random } from '../core/random.ts'
import { hasCode } from '../core/systemErrors.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { SecretStore } from './secretStore.ts'

const contentSchema = z.record(z.string(), z.base64())

/** Secrets in one file that only this user can read, for computers without a keychain. */
export function createFileSecretStore(file: string, random: Random): SecretStore {
  return {
    kind: 'file',
    get: (name) => {
      const text = readContent(file)[name]
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text, 'base64'))
    },
    set: (name, value) => {
      writePrivateFile(file, JSON.stringify({ ...readContent(file), [name]: value.toString('base64') }), random)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}

function readContent(file: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {}
    throw unreadable(file, error)
  }
  try {
    return contentSchema.parse(JSON.parse(text))
  } catch (error) {
    throw unreadable(file, error)
  }
}

const unreadable = (file: string, cause: unknown): GateError =>
  new GateError('SECRETS_UNAVAILABLE', `The file with the secret keys, ${file}, cannot be read or is damaged.`, {
    cause,
  })
