import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { z } from 'zod'
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
      writeAtomically(file, JSON.stringify({ ...readContent(file), [name]: value.toString('base64') }), random)
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

function writeAtomically(file: string, text: string, random: Random): void {
  const next = `${file}.${random.id(8)}`
  const handle = openSync(next, 'wx', 0o600)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  try {
    chmodSync(next, 0o600)
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
}
