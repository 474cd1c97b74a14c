import type { Random } from '../core/random.ts'
import type { Keychain } from './keychain.ts'
import type { KeptName, SecretName, SecretStore } from './secretStore.ts'

/** Secrets as entries `<data folder id>/<name>` of the system's keychain. */
export function createKeychainSecretStore(keychain: Keychain, dataFolderId: string): SecretStore {
  const accountOf = (name: SecretName | KeptName): string => `${dataFolderId}/${name}`
  return {
    kind: 'keychain',
    get: async (name) => {
      const text = await keychain.get(accountOf(name))
      return text === undefined ? undefined : Buffer.from(text, 'base64')
    },
    set: (name, value) => keychain.set(accountOf(name), value.toString('base64')),
    close: () => keychain.close(),
  }
}

/** Whether the keychain keeps what it is given: writes an entry, reads it, deletes it. Never throws. */
export async function probeKeychain(keychain: Keychain, dataFolderId: string, random: Random): Promise<boolean> {
  const account = `${dataFolderId}/probe-${random.id(8)}`
  const value = random.id(16)
  try {
    await keychain.set(account, value)
    const kept = (await keychain.get(account)) === value
    await keychain.delete(account)
    return kept
  } catch {
    return false // whatever went wrong, it cannot be relied on
  }
}
