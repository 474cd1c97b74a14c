import type { Kysely } from 'kysely'
import { accountNameSchema } from '../contract/accounts.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { findMeta, setMeta } from '../database/metaStore.ts'
import type { Schema } from '../database/schema.ts'
import type { Account } from './account.ts'
import { toNameKey } from './accountName.ts'
import type { AccountStore } from './accountStore.ts'
import { system } from './actedBy.ts'

export interface OwnerAccountOptions {
  readonly kysely: Kysely<Schema>
  readonly changes: ChangeFeed
  readonly accounts: AccountStore
}

/** Which account is the person's at this computer. */
export class OwnerAccount {
  readonly #options: OwnerAccountOptions

  constructor(options: OwnerAccountOptions) {
    this.#options = options
  }

  /** Its id; undefined until the owner's window was first opened. */
  findId(): Promise<string | undefined> {
    return findMeta(this.#options.kysely, 'ownerAccountId')
  }

  /**
   * The owner's account: the one remembered, else the oldest administrator who is not disabled, else a new one
   * without a password, named `name` (or `name 2`, …).
   */
  async ensure(name: string): Promise<Account> {
    const { accounts, kysely, changes } = this.#options
    const known = await this.findId()
    const owner = known === undefined ? undefined : await accounts.find(known)
    if (owner !== undefined) return owner
    const candidates = await accounts.list()
    const oldest = candidates.find((account) => account.role === 'administrator' && !account.disabled)
    const chosen = oldest ?? (await this.#create(name, candidates))
    await setMeta(kysely, 'ownerAccountId', chosen.id)
    changes.emit('users')
    return chosen
  }

  #create(name: string, existing: readonly Account[]): Promise<Account> {
    const wanted = accountNameSchema.safeParse(name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}:]/gu, ' ').slice(0, 36))
    const base = wanted.success ? wanted.data : 'Owner'
    const taken = new Set(existing.map((account) => toNameKey(account.name)))
    let free = base
    for (let number = 2; taken.has(toNameKey(free)); number += 1) free = `${base} ${number}`
    return this.#options.accounts.create({ name: free, role: 'administrator' }, system)
  }
}
