/*
 * The gate's own secret keys: where they are kept, and that they never move silently. This folder knows nothing of
 * what they are used for.
 */

/** What a secret is kept under. */
export type SecretName = 'api-key-pepper' | 'audit-chain-key' | 'token-key'

/** What is kept there besides, made when it is first needed. */
export type KeptName = 'authority-key' | 'leaf-key' | 'audit-anchor'

/** Every secret of this version; all are made when a data folder is first opened. */
export const secretNames: readonly SecretName[] = ['api-key-pepper', 'audit-chain-key', 'token-key']

export const secretBytes = 32

export type SecretStoreKind = 'keychain' | 'file' | 'environment'

export interface SecretStore {
  readonly kind: SecretStoreKind
  /** @throws GateError SECRETS_UNAVAILABLE when the store cannot be read now */
  get(name: SecretName | KeptName): Promise<Buffer | undefined>
  /** @throws GateError SECRETS_UNAVAILABLE when the store cannot be written */
  set(name: SecretName | KeptName, value: Buffer): Promise<void>
  close(): Promise<void>
}

/** How a data folder's secrets may be kept: in the system's keychain when it works, or in a file in any case. */
export type SecretsChoice =
  | {
      readonly kind: 'auto'
      /** The built keychain worker (dist/keychainWorker.cjs). */
      readonly workerFile: string
    }
  | { readonly kind: 'file' }
  /** A file with at least 32 random bytes, handed in by whoever runs a headless gate. */
  | { readonly kind: 'environment'; readonly file: string }
