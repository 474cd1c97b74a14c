import type { Kysely, Selectable, Transaction } from 'kysely'
import type { AuditSink, AuditValue } from '../contract/audit.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { sha256Hex } from '../core/sha256.ts'
import { HOUR_MS } from '../core/time.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { RowCache } from '../database/rowCache.ts'
import type { Schema, TokensTable } from '../database/schema.ts'
import type { TokenUse } from '../pipeline/requestContext.ts'
import type { ActedBy } from './actedBy.ts'
import { revokeTokensOf } from './tokenRows.ts'
import type { TokenClaims, TokenSigner } from './tokenSigner.ts'
import type { UsageRecorder } from './usageRecorder.ts'

/** A token as it is recorded; the text itself is kept nowhere. */
export interface Token {
  readonly id: string
  readonly accountId: string
  readonly use: TokenUse
  /** Whether it was made over TLS; as a cookie it works only over the same scheme. */
  readonly secure: boolean
  readonly device: string
  /** From where it was asked for. */
  readonly address: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly lastUsedAtMs: number | null
}

export interface NewToken extends Pick<Token, 'accountId' | 'use' | 'secure' | 'device' | 'address'> {
  /** The account's name. */
  readonly name: string
  readonly lifetimeMs: number
}

export interface TokenStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
  readonly usage: UsageRecorder
  readonly signer: TokenSigner
}

type Row = Selectable<TokensTable>

/** More than a person's scripts need; of each use the one unused for longest makes room for the next. */
const MAX_PER_USE = 50
const MAX_VERIFIED = 5000

/**
 * JSON web tokens as ComfyUI-Sentinel's clients use them. Each is recorded, and holds only as long as its record says:
 * signing out, a new password and the owner end it at once, everywhere.
 */
export class TokenStore {
  readonly #options: TokenStoreOptions
  readonly #rows = new RowCache<Row>()
  /** Texts whose signature was right, by their SHA-256. */
  readonly #verified = new Map<string, TokenClaims>()

  constructor(options: TokenStoreOptions) {
    this.#options = options
  }

  /** A new token, and its text, which is told only here. */
  async create(token: NewToken, by: ActedBy): Promise<{ text: string; token: Token }> {
    const { kysely, clock, random, signer, audit, changes } = this.#options
    const now = clock.nowMs()
    const row: Row = {
      id: random.id(16),
      account_id: token.accountId,
      use: token.use,
      secure: Number(token.secure),
      device: token.device,
      address: token.address,
      created_at_ms: now,
      expires_at_ms: now + token.lifetimeMs,
      revoked_at_ms: null,
      last_used_at_ms: null,
    }
    const { accountId, use, name } = token
    const signed = { tokenId: row.id, accountId, use, name, createdAtMs: now, expiresAtMs: row.expires_at_ms }
    const text = await signer.sign(signed)
    await kysely.transaction().execute(async (transaction) => {
      await transaction.insertInto('tokens').values(row).execute()
      await revokeSurplus(transaction, row, now)
    })
    const details = {
      token: row.id,
      account: accountId,
      use,
      device: token.device,
      hours: token.lifetimeMs / HOUR_MS,
    }
    audit.record({ ...by, event: 'token.created', details })
    changes.emit('sessions')
    return { text, token: this.#toToken(row) }
  }

  /** The token that a text is and that holds now, whatever its account. */
  async verify(text: string): Promise<Token | undefined> {
    const hash = sha256Hex(text)
    const known = this.#verified.get(hash)
    const claims = known ?? (await this.#options.signer.verify(text, this.#options.clock.nowMs()))
    if (claims === undefined) return undefined
    if (known === undefined) this.#remember(hash, claims)
    return toSaid(await this.find(claims.tokenId), claims)
  }

  /** The same at once, undefined also when it is not in memory. */
  recall(text: string): Token | undefined {
    const claims = this.#verified.get(sha256Hex(text))
    return claims === undefined ? undefined : toSaid(this.#toLiving(this.#rows.peek(claims.tokenId)), claims)
  }

  /** A token that holds now. */
  async find(id: string): Promise<Token | undefined> {
    const read = (): Promise<Row | undefined> =>
      this.#options.kysely.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst()
    return this.#toLiving(await this.#rows.get(id, read))
  }

  /** Tokens that hold now, newest first; of everybody without an account. */
  async list(accountId?: string): Promise<Token[]> {
    let query = this.#options.kysely.selectFrom('tokens').selectAll().orderBy('created_at_ms', 'desc')
    if (accountId !== undefined) query = query.where('account_id', '=', accountId)
    const rows = await query.execute()
    return rows.flatMap((row) => this.#toLiving(row) ?? [])
  }

  /** @returns false when there was none that held */
  async revoke(id: string, by: ActedBy): Promise<boolean> {
    const result = await this.#options.kysely
      .updateTable('tokens')
      .set({ revoked_at_ms: this.#options.clock.nowMs() })
      .where('id', '=', id)
      .where('revoked_at_ms', 'is', null)
      .executeTakeFirst()
    if (result.numUpdatedRows === 0n) return false
    this.#revoked(by, { token: id })
    return true
  }

  /** Ends an account's tokens, except `keepId`. @returns how many there were */
  async revokeAllOf(accountId: string, by: ActedBy, keepId?: string): Promise<number> {
    const { kysely, clock } = this.#options
    const count = await revokeTokensOf(kysely, accountId, clock.nowMs(), keepId)
    if (count > 0) this.#revoked(by, { account: accountId, tokens: count })
    return count
  }

  /** Deletes rows that hold no longer: a token without a record is refused. */
  async removeExpired(): Promise<void> {
    await this.#options.kysely
      .deleteFrom('tokens')
      .where((where) =>
        where.or([where('revoked_at_ms', 'is not', null), where('expires_at_ms', '<=', this.#options.clock.nowMs())]),
      )
      .execute()
  }

  dropCache(): void {
    this.#rows.drop()
    this.#verified.clear()
  }

  #remember(hash: string, claims: TokenClaims): void {
    if (this.#verified.size >= MAX_VERIFIED) {
      const oldest = this.#verified.keys().next()
      if (oldest.done !== true) this.#verified.delete(oldest.value)
    }
    this.#verified.set(hash, claims)
  }

  #toLiving(row: Row | undefined): Token | undefined {
    if (row === undefined || row.revoked_at_ms !== null) return undefined
    return row.expires_at_ms > this.#options.clock.nowMs() ? this.#toToken(row) : undefined
  }

  #toToken(row: Row): Token {
    const lastUsedAtMs = Math.max(row.last_used_at_ms ?? 0, this.#options.usage.findTokenUse(row.id) ?? 0)
    return {
      id: row.id,
      accountId: row.account_id,
      use: row.use === 'cookie' ? 'cookie' : 'api',
      secure: row.secure === 1,
      device: row.device,
      address: row.address,
      createdAtMs: row.created_at_ms,
      expiresAtMs: row.expires_at_ms,
      lastUsedAtMs: lastUsedAtMs === 0 ? null : lastUsedAtMs,
    }
  }

  #revoked(by: ActedBy, details: Record<string, AuditValue>): void {
    this.#options.audit.record({ ...by, event: 'token.revoked', details })
    this.dropCache()
    this.#options.changes.emit('sessions')
  }
}

/** A record counts only for the token it was made for. */
const toSaid = (token: Token | undefined, { accountId, use }: TokenClaims): Token | undefined =>
  token?.accountId === accountId && token.use === use ? token : undefined

async function revokeSurplus(transaction: Transaction<Schema>, { account_id, use }: Row, nowMs: number): Promise<void> {
  const kept = transaction
    .selectFrom('tokens')
    .select('id')
    .where('account_id', '=', account_id)
    .where('use', '=', use)
    .where('revoked_at_ms', 'is', null)
    .orderBy((order) => order.fn.coalesce('last_used_at_ms', 'created_at_ms'), 'desc')
    .orderBy('created_at_ms', 'desc')
    .limit(MAX_PER_USE)
  await transaction
    .updateTable('tokens')
    .set({ revoked_at_ms: nowMs })
    .where('account_id', '=', account_id)
    .where('use', '=', use)
    .where('revoked_at_ms', 'is', null)
    .where('id', 'not in', kept)
    .execute()
}
