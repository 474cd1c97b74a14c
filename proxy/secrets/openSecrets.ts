import { createHmac, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { Random } from '../core/random.ts'
import { GateError } from '../contract/errorCodes.ts'
import { secretsFileName } from '../database/dataFolder.ts'
import { findMeta, setMeta } from '../database/metaStore.ts'
import type { Schema } from '../database/schema.ts'
import { createEnvironmentSecretStore } from './environmentSecretStore.ts'
import { createFileSecretStore } from './fileSecretStore.ts'
import { openKeychain } from './keychain.ts'
import type { Keychain } from './keychain.ts'
import { createKeychainSecretStore, probeKeychain } from './keychainSecretStore.ts'
import { secretBytes, secretNames } from './secretStore.ts'
import { SecretVault } from './secretVault.ts'
import type { SecretName, SecretsChoice, SecretStore, SecretStoreKind } from './secretStore.ts'

export interface OpenSecretsOptions {
  readonly choice: SecretsChoice
  readonly dataDirectory: string
  readonly dataFolderId: string
  readonly random: Random
  readonly openKeychain?: (workerFile: string) => Keychain
}

export interface OpenedSecrets {
  readonly kind: SecretStoreKind
  readonly values: Readonly<Record<SecretName, Buffer>>
  /** The same store, for what is made later. */
  readonly vault: SecretVault
}

/**
 * Reads every secret, and makes those that were never made. Called inside a write transaction, so that two processes
 * that start at once do not each make their own. A folder stays with the kind of store it began with.
 * @throws GateError SECRETS_UNAVAILABLE
 */
export async function openSecrets(transaction: Kysely<Schema>, options: OpenSecretsOptions): Promise<OpenedSecrets> {
  const used = await findMeta(transaction, 'secretStore')
  const store = await openStore(used, options)
  try {
    if (used === undefined) await setMeta(transaction, 'secretStore', store.kind)
    const values = new Map<SecretName, Buffer>()
    for (const name of secretNames) values.set(name, await getOrCreate(transaction, store, name, options.random))
    const get = (name: SecretName): Buffer => values.get(name) ?? Buffer.alloc(0)
    return {
      kind: store.kind,
      values: {
        'api-key-pepper': get('api-key-pepper'),
        'audit-chain-key': get('audit-chain-key'),
        'token-key': get('token-key'),
      },
      vault: new SecretVault(store.kind, () => openStore(store.kind, options)),
    }
  } finally {
    await store.close()
  }
}

async function openStore(used: string | undefined, options: OpenSecretsOptions): Promise<SecretStore> {
  const { choice } = options
  const file = (): SecretStore => createFileSecretStore(join(options.dataDirectory, secretsFileName), options.random)
  if (used !== undefined) refuseChange(used, choice)
  if (choice.kind === 'environment') return createEnvironmentSecretStore(choice.file, options.dataFolderId)
  if (choice.kind === 'file' || used === 'file') return file()
  const keychain = (options.openKeychain ?? openKeychain)(choice.workerFile)
  if (used === 'keychain' || (await probeKeychain(keychain, options.dataFolderId, options.random))) {
    return createKeychainSecretStore(keychain, options.dataFolderId)
  }
  await keychain.close()
  return file()
}

function refuseChange(used: string, choice: SecretsChoice): void {
  if (used === 'environment' && choice.kind !== 'environment') {
    throw new GateError(
      'SECRETS_UNAVAILABLE',
      'The secret keys of this data folder come from GATEHOUSE_SECRET_FILE. Start Gatehouse with it set.',
    )
  }
  if (used !== 'environment' && choice.kind === 'environment') {
    throw new GateError(
      'SECRETS_UNAVAILABLE',
      `This data folder keeps its secret keys in ${used === 'file' ? 'a file' : 'the keychain'}; GATEHOUSE_SECRET_FILE cannot replace them. Unset it, or begin with a new data folder.`,
    )
  }
  if (used === 'keychain' && choice.kind === 'file') {
    throw new GateError(
      'SECRETS_UNAVAILABLE',
      'This data folder keeps its secret keys in the keychain, and they are not moved to a file silently.',
    )
  }
}

/** A print of the secret in the database tells a lost or exchanged secret from one that was never made. */
const printOf = (secret: Buffer): string => createHmac('sha256', secret).update('gatehouse secret check').digest('hex')

async function getOrCreate(
  transaction: Kysely<Schema>,
  store: SecretStore,
  name: SecretName,
  random: Random,
): Promise<Buffer> {
  const known = await findMeta(transaction, `secretCheck:${name}`)
  const found = await store.get(name)
  if (known === undefined) {
    const secret = found ?? random.bytes(secretBytes)
    if (found === undefined) await store.set(name, secret)
    await setMeta(transaction, `secretCheck:${name}`, printOf(secret))
    return secret
  }
  if (found === undefined || !timingSafeEqual(Buffer.from(printOf(found)), Buffer.from(known))) {
    throw new GateError(
      'SECRETS_UNAVAILABLE',
      `${lostWords[store.kind]} Keys and the log cannot be checked without them.`,
    )
  }
  return found
}

const lostWords: Readonly<Record<SecretStoreKind, string>> = {
  keychain:
    'The secret keys of this data folder are not in the keychain of this computer (a folder from another computer, or a removed entry).',
  file: `The file ${secretsFileName} of this data folder is missing, or belongs to another data folder.`,
  environment: 'The file of GATEHOUSE_SECRET_FILE is another one than before.',
}
