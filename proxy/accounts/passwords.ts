import type { AccountStore } from './accountStore.ts'
import type { ActedBy } from './actedBy.ts'
import type { PasswordHash, PasswordHasher } from './passwordHasher.ts'
import { checkPassword } from './passwordPolicy.ts'

/** Setting and checking people's passwords. */
export class Passwords {
  readonly #accounts: AccountStore
  readonly #hasher: PasswordHasher

  constructor(accounts: AccountStore, hasher: PasswordHasher) {
    this.#accounts = accounts
    this.#hasher = hasher
  }

  /** The hash of a password for a new account. @throws GateError PASSWORD_TOO_WEAK */
  async hashNew(accountName: string, password: string): Promise<PasswordHash> {
    checkPassword(password, accountName)
    return this.#hasher.hash(password)
  }

  /**
   * Sets a new password; the account's sessions end, except `keepSessionId`.
   * @throws GateError PASSWORD_TOO_WEAK, NOT_FOUND, AUTH_INVALID when the session to keep has ended meanwhile
   */
  async set(accountId: string, password: string, by: ActedBy, keepSessionId?: string): Promise<void> {
    const account = await this.#accounts.get(accountId)
    const hash = await this.hashNew(account.name, password)
    await this.#accounts.setPasswordHash(accountId, hash, by, keepSessionId)
  }

  /**
   * Whether it is the account's password; costs one hash whoever asks, also without an account. A hash weaker than
   * today's is replaced.
   */
  async verify(accountId: string | undefined, password: string): Promise<boolean> {
    const hash = accountId === undefined ? undefined : await this.#accounts.findPasswordHash(accountId)
    const importedCost = await this.#accounts.findImportedCost()
    const { isRight, needsRehash } = await this.#hasher.verify(hash, password, importedCost)
    if (isRight && needsRehash && hash !== undefined && accountId !== undefined) {
      await this.#accounts.upgradePasswordHash(accountId, hash, await this.#hasher.hash(password))
    }
    return isRight
  }
}
