import { hkdfSync } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { GateError } from '../contract/errorCodes.ts'
import { secretBytes, secretNames } from './secretStore.ts'
import type { KeptName, SecretName, SecretStore } from './secretStore.ts'

const MIN_MASTER_BYTES = 32
/** Of the key of the gate's own certificate there is a seed instead of the key: P-256's order and 64 bits (FIPS 186-5, A.2.1). */
const LEAF_SEED_BYTES = 40

/**
 * Secrets derived (HKDF-SHA-256) from one file that a headless gate is handed, by systemd credentials or a KMS.
 * @throws GateError SECRETS_UNAVAILABLE when the file is missing, too short, or others can read it
 */
export function createEnvironmentSecretStore(file: string, dataFolderId: string): SecretStore {
  const master = readMaster(file)
  const derive = (name: SecretName | 'leaf-key', bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', master, dataFolderId, `gatehouse/${name}`, bytes))
  const made: readonly string[] = secretNames
  const isMade = (name: SecretName | KeptName): name is SecretName => made.includes(name)
  return {
    kind: 'environment',
    get: (name) => {
      if (isMade(name)) return Promise.resolve(derive(name, secretBytes))
      return Promise.resolve(name === 'leaf-key' ? derive(name, LEAF_SEED_BYTES) : undefined)
    },
    set: () => Promise.reject(new TypeError('secrets from the environment are derived, never written')),
    close: () => Promise.resolve(),
  }
}

function readMaster(file: string): Buffer {
  let master: Buffer
  let mode: number
  try {
    master = readFileSync(file)
    mode = statSync(file).mode
  } catch (cause) {
    throw new GateError('SECRETS_UNAVAILABLE', `The file of GATEHOUSE_SECRET_FILE, ${file}, cannot be read.`, { cause })
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new GateError('SECRETS_UNAVAILABLE', `Others can read ${file}. To mend it: chmod 600 ${file}`)
  }
  if (master.length < MIN_MASTER_BYTES) {
    throw new GateError('SECRETS_UNAVAILABLE', `${file} holds fewer than ${MIN_MASTER_BYTES} bytes.`)
  }
  return master
}
