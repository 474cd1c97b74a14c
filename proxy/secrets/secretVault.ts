import type { KeptName, SecretStore, SecretStoreKind } from './secretStore.ts'

/** Secrets that are made while Gatehouse runs. The store is opened for each of them and closed again, one at a time. */
export class SecretVault {
  readonly kind: SecretStoreKind
  readonly #open: () => Promise<SecretStore>
  #turn: Promise<unknown> = Promise.resolve()

  constructor(kind: SecretStoreKind, open: () => Promise<SecretStore>) {
    this.kind = kind
    this.#open = open
  }

  /** @throws GateError SECRETS_UNAVAILABLE when the store cannot be read now */
  get(name: KeptName): Promise<Buffer | undefined> {
    return this.#inTurn((store) => store.get(name))
  }

  /**
   * @throws GateError SECRETS_UNAVAILABLE when the store cannot be written now; TypeError when secrets come from the
   * environment (`kind`), where nothing can be kept
   */
  set(name: KeptName, value: Buffer): Promise<void> {
    return this.#inTurn((store) => store.set(name, value))
  }

  #inTurn<Value>(use: (store: SecretStore) => Promise<Value>): Promise<Value> {
    const run = this.#turn.then(async () => {
      const store = await this.#open()
      try {
        return await use(store)
      } finally {
        await store.close()
      }
    })
    this.#turn = run.catch(() => undefined)
    return run
  }
}
