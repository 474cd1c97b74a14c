import type { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { createSecretToken, isSecretToken } from '../core/secretToken.ts'
import { sha256Hex } from '../core/sha256.ts'
import { DAY_MS } from '../core/time.ts'
import type { Schema } from '../database/schema.ts'

export interface KnownDevicesOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
}

/** A browser in which somebody signed in before, and who. */
export interface KnownDevice {
  readonly tokenHash: string
  readonly accountIds: readonly string[]
}

/** More browsers than a person has; the one unused for longest makes room. */
const MAX_PER_ACCOUNT = 50
const FORGET_AFTER_MS = 400 * DAY_MS

/**
 * Browsers in which people signed in before. Being one of them proves nothing but that; it only has a count of wrong
 * passwords of its own, so that nobody else's tries keep its people out. Only the SHA-256 of its cookie is stored.
 */
export class KnownDevices {
  readonly #options: KnownDevicesOptions

  constructor(options: KnownDevicesOptions) {
    this.#options = options
  }

  /** Costs the same for whichever name is tried with it. */
  async find(token: string | undefined): Promise<KnownDevice | undefined> {
    if (token === undefined || !isSecretToken(token)) return undefined
    const tokenHash = sha256Hex(token)
    const rows = await this.#options.kysely
      .selectFrom('known_devices')
      .select('account_id')
      .where('token_hash', '=', tokenHash)
      .where('last_seen_ms', '>', this.#options.clock.nowMs() - FORGET_AFTER_MS)
      .execute()
    if (rows.length === 0) return undefined
    return { tokenHash, accountIds: rows.map(({ account_id }) => account_id) }
  }

  /** @returns what the browser is to keep: what it has, if that was made here */
  async remember(token: string | undefined, accountId: string, device: string): Promise<string> {
    const isOurs = (await this.find(token)) !== undefined
    const kept = isOurs && token !== undefined ? token : createSecretToken(this.#options.random)
    const now = this.#options.clock.nowMs()
    const token_hash = sha256Hex(kept)
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('known_devices')
        .values({ token_hash, account_id: accountId, device, first_seen_ms: now, last_seen_ms: now })
        .onConflict((conflict) =>
          conflict.columns(['token_hash', 'account_id']).doUpdateSet({ device, last_seen_ms: now }),
        )
        .execute()
      const ofAccount = transaction.selectFrom('known_devices').where('account_id', '=', accountId)
      await transaction
        .deleteFrom('known_devices')
        .where('account_id', '=', accountId)
        .where(
          'token_hash',
          'not in',
          ofAccount.select('token_hash').orderBy('last_seen_ms', 'desc').limit(MAX_PER_ACCOUNT),
        )
        .execute()
    })
    return kept
  }
}
