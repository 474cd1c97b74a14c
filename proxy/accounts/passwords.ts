import type { AccountStore } from './accountStore.ts'
import type { ActedBy } from './actedBy.ts'
import type { HashTurn } from './hashLane.ts'
import type { PasswordHash, PasswordHasher } from './passwordHasher.ts'
import type { PasswordHashes } from './passwordHashes.ts'
import { checkPassword } from './passwordPolicy.ts'

/** Setting and checking people's passwords. */
export class Passwords {
  readonly #accounts: AccountStore
  readonly #hashes: PasswordHashes
  readonly #hasher: PasswordHasher

  constructor(accounts: AccountStore, hashes: PasswordHashes, hasher: PasswordHasher) {
    this.#accounts = accounts
    this.#hashes = hashes
    this.#hasher = hasher
  }

  /**
   * The hash of a password for a new account. Call it only for who may set one: it waits in the line of people who are
   * known. `of`: by what the few are counted that wait at once.
   * @throws GateError PASSWORD_TOO_WEAK, RATE_LIMITED
   */
  async hashNew(accountName: string, password: string, of = `name ${accountName}`): Promise<PasswordHash> {
    checkPassword(password, accountName)
    return this.#hasher.hash(password, { line: 'known', of })
  }

  /**
   * Sets a new password; the account's sessions end, except `keepSessionId`.
   * @throws GateError PASSWORD_TOO_WEAK, NOT_FOUND, AUTH_INVALID when the session to keep has ended meanwhile
   */
  async set(accountId: string, password: string, by: ActedBy, keepSessionId?: string): Promise<void> {
    const account = await this.#accounts.get(accountId)
    const hash = await this.hashNew(account.name, password)
    await this.#hashes.set(accountId, hash, by, keepSessionId)
  }

  /**
   * Whether it is the account's password; costs one hash whoever asks, also without an account. A hash weaker than
   * today's is replaced. `turn`: strangers', unless it is known who asks.
   */
  async verify(
    accountId: string | undefined,
    password: string,
    turn: HashTurn = { line: 'strangers' },
  ): Promise<boolean> {
    const hash = accountId === undefined ? undefined : await this.#hashes.find(accountId)
    const importedCost = await this.#hashes.findImportedCost()
    const { isRight, needsRehash } = await this.#hasher.verify(hash, password, { turn, importedCost })
    if (isRight && needsRehash && hash !== undefined && accountId !== undefined) {
      await this.#hashes.upgrade(accountId, hash, await this.#hasher.hash(password, knownTurn(accountId)))
    }
    return isRight
  }
}

/** The turn of somebody who proved who they are, or whose browser did. */
export const knownTurn = (accountId: string): HashTurn => ({ line: 'known', of: `account ${accountId}` })
