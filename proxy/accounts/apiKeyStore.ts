import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { sha256 } from '../core/sha256.ts'
import type { AuditSink } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import { scopeSchema } from '../contract/keys.ts'
import type { Scope } from '../contract/keys.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import { RowCache } from '../database/rowCache.ts'
import type { ApiKeysTable, Schema } from '../database/schema.ts'
import { refuseEndedAuthority } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { createApiKeyText, maskApiKey, parseApiKeyText } from './apiKeyText.ts'
import type { ApiKeyText } from './apiKeyText.ts'
import { HashLane } from './hashLane.ts'
import type { Argon2, Argon2Parameters } from './passwordHasher.ts'
import type { UsageRecorder } from './usageRecorder.ts'

export interface ApiKeyRecord {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** The one published workflow that it runs, and nothing else. */
  readonly workflowId: string | undefined
  readonly masked: string
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly lastUsedAtMs: number | null
  readonly lastAddress: string | null
  readonly sentUnprotectedAtMs: number | null
}

export interface NewApiKey {
  readonly accountId: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** null: never */
  readonly expiresAtMs: number | null
  /** The one published workflow that it runs, and nothing else. */
  readonly workflowId?: string | undefined
  /** The key that makes it: the new one is revoked with that one. */
  readonly madeByKeyId?: string | undefined
}

/** What lets a key in: of one row the same object each time. */
export interface KnownKey {
  readonly id: string
  readonly accountId: string
  readonly scopes: readonly Scope[]
  readonly workflowId: string | undefined
  readonly expiresAtMs: number | null
}

export interface ApiKeyStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly audit: AuditSink
  readonly changes: ChangeFeed
  readonly usage: UsageRecorder
  readonly pepper: Buffer
  readonly argon2: Argon2
  readonly hashing: Argon2Parameters
}

type Row = Selectable<ApiKeysTable>

const scopesSchema = z.array(scopeSchema)
const MAX_VERIFIED = 5000
const MAX_PER_ACCOUNT = 100

/**
 * API keys. A row holds an HMAC of the key under a pepper that is not in the database, and an argon2id hash. The HMAC
 * is compared first, so a known id with a wrong secret costs nothing; argon2 runs once for each key and process.
 */
export class ApiKeyStore {
  readonly #options: ApiKeyStoreOptions
  readonly #rows = new RowCache<Row>()
  readonly #lane = new HashLane({ width: 1, maxWaiting: 64 })
  readonly #pepper: KeyObject
  /** With this before them, known to this process only, verified keys are hashed to be remembered. */
  readonly #processSecret: string
  /** Hash of a verified key → the row, and the HMAC in it, that it was verified against. */
  readonly #verified = new Map<string, { readonly id: string; readonly mac: string }>()
  readonly #known = new WeakMap<Row, KnownKey>()
  readonly #verifying = new Map<string, Promise<boolean>>()
  readonly #flagged = new Set<string>()

  constructor(options: ApiKeyStoreOptions) {
    this.#options = options
    this.#pepper = createSecretKey(options.pepper)
    this.#processSecret = options.random.bytes(32).toString('base64')
  }

  /**
   * A new key; its text is told only here.
   * @throws GateError VALIDATION_FAILED when the account has 100 already, AUTH_INVALID when `by` may no longer
   */
  async create(key: NewApiKey, by: ActedBy): Promise<{ text: string; record: ApiKeyRecord }> {
    // Before the hash too: who has too many already must not fill the lane in which others' keys are verified.
    await refuseSurplus(this.#options.kysely, key.accountId)
    const { id, text } = createApiKeyText(this.#options.random)
    const row: Row = {
      id,
      account_id: key.accountId,
      name: key.name,
      scopes: JSON.stringify([...new Set(key.scopes)]),
      mac: this.#mac(text).toString('hex'),
      hash: await this.#lane.run(() => this.#options.argon2.hash(text, this.#options.hashing)),
      last_four: text.slice(-4),
      created_at_ms: this.#options.clock.nowMs(),
      expires_at_ms: key.expiresAtMs,
      last_used_at_ms: null,
      last_address: null,
      sent_unprotected_at_ms: null,
      made_by_key: key.madeByKeyId ?? null,
      workflow_id: key.workflowId ?? null,
    }
    await this.#options.kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, this.#options.clock.nowMs())
      await refuseSurplus(transaction, key.accountId)
      await transaction.insertInto('api_keys').values(row).execute()
    })
    this.#options.audit.record({
      ...by,
      event: 'key.created',
      details: {
        key: id,
        account: key.accountId,
        name: key.name,
        scopes: [...key.scopes],
        ...(key.workflowId === undefined ? {} : { workflow: key.workflowId }),
      },
    })
    this.#options.changes.emit('keys')
    return { text, record: this.#toRecord(row) }
  }

  /**
   * The key that this text is, if it holds now; undefined for every other text, for the same reason each time.
   * @throws GateError RATE_LIMITED when too many keys are verified for the first time at once
   */
  async verify(text: string): Promise<ApiKeyRecord | undefined> {
    const parsed = parseApiKeyText(text)
    if (parsed === undefined) return undefined
    const row = await this.#read(parsed.id)
    if (row === undefined) return undefined
    const memory = this.#toMemory(text)
    if (this.#verified.get(memory)?.mac === row.mac) return this.#toUsable(row)
    if (!this.#isMacRight(row, text) || !(await this.#isHashRight(row, parsed, memory))) return undefined
    // Read again: the key may have been revoked while argon2 worked.
    return this.find(parsed.id)
  }

  /** The key that this text is, if it was verified before and its row is in memory and holds now; asks nobody. */
  recall(text: string): KnownKey | undefined {
    const verified = this.#verified.get(this.#toMemory(text))
    const row = verified === undefined ? undefined : this.#rows.peek(verified.id)
    if (row === undefined || row.mac !== verified?.mac || this.#isExpired(row)) return undefined
    return this.#toKnown(row)
  }

  /** Whether `flagUnprotected` has nothing left to do for this key. */
  isFlagged(id: string): boolean {
    return this.#flagged.has(id)
  }

  /** The record of a key that has not expired. */
  async find(id: string): Promise<ApiKeyRecord | undefined> {
    const row = await this.#read(id)
    return row === undefined ? undefined : this.#toUsable(row)
  }

  /** Expired keys too, newest first; of everybody without an account. */
  async list(accountId?: string): Promise<ApiKeyRecord[]> {
    let query = this.#options.kysely.selectFrom('api_keys').selectAll().orderBy('created_at_ms', 'desc')
    if (accountId !== undefined) query = query.where('account_id', '=', accountId)
    return (await query.execute()).map((row) => this.#toRecord(row))
  }

  /** Revokes a key with all that it made. @throws GateError NOT_FOUND, also when the key is not `ofAccountId`'s */
  async revoke(id: string, by: ActedBy, ofAccountId?: string): Promise<void> {
    const row = await this.#read(id)
    let query = this.#options.kysely.deleteFrom('api_keys').where('id', '=', id)
    if (ofAccountId !== undefined) query = query.where('account_id', '=', ofAccountId)
    const result = await query.executeTakeFirst()
    if (result.numDeletedRows === 0n) throw new GateError('NOT_FOUND', 'There is no such key.')
    this.#revoked(by, { key: id, ...(row !== undefined && { name: row.name, account: row.account_id }) })
  }

  /** @returns how many there were */
  async revokeAllOf(accountId: string, by: ActedBy): Promise<number> {
    const result = await this.#options.kysely
      .deleteFrom('api_keys')
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    const count = Number(result.numDeletedRows)
    if (count > 0) this.#revoked(by, { account: accountId, keys: count })
    return count
  }

  /** Notes that the key crossed a network in clear; the first time is kept. */
  async flagUnprotected(id: string): Promise<void> {
    if (this.#flagged.has(id)) return
    this.#flagged.add(id)
    const row = await this.#read(id)
    const result = await this.#options.kysely
      .updateTable('api_keys')
      .set({ sent_unprotected_at_ms: this.#options.clock.nowMs() })
      .where('id', '=', id)
      .where('sent_unprotected_at_ms', 'is', null)
      .executeTakeFirst()
    if (row !== undefined && result.numUpdatedRows > 0n) {
      const details = { key: id, name: row.name, account: row.account_id }
      this.#options.audit.record({ event: 'key.sentUnprotected', actor: { kind: 'system' }, details })
    }
    this.#rows.drop()
    this.#options.changes.emit('keys')
  }

  dropRows(): void {
    this.#rows.drop()
  }

  /** Has every key verified anew. */
  forgetVerified(): void {
    this.#verified.clear()
  }

  #read(id: string): Promise<Row | undefined> {
    return this.#rows.get(id, () =>
      this.#options.kysely.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst(),
    )
  }

  #mac(text: string): Buffer {
    return createHmac('sha256', this.#pepper).update(text).digest()
  }

  #isMacRight(row: Row, text: string): boolean {
    const stored = Buffer.from(row.mac, 'hex')
    const mac = this.#mac(text)
    return stored.length === mac.length && timingSafeEqual(stored, mac)
  }

  /** One hash on every request. The digest never leaves this process. */
  #toMemory(text: string): string {
    return sha256(this.#processSecret + text)
  }

  #isHashRight(row: Row, parsed: ApiKeyText, memory: string): Promise<boolean> {
    const running = this.#verifying.get(memory) ?? this.#verifyHash(row, parsed.text, memory)
    this.#verifying.set(memory, running)
    return running
  }

  async #verifyHash(row: Row, text: string, memory: string): Promise<boolean> {
    try {
      const isRight = await this.#lane.run(() => this.#options.argon2.verify(row.hash, text))
      if (!isRight) return false
      if (this.#verified.size >= MAX_VERIFIED) this.#verified.clear()
      this.#verified.set(memory, { id: row.id, mac: row.mac })
      return true
    } finally {
      this.#verifying.delete(memory)
    }
  }

  #revoked(by: ActedBy, details: Record<string, string | number>): void {
    this.dropRows()
    this.forgetVerified()
    this.#options.audit.record({ ...by, event: 'key.revoked', details })
    this.#options.changes.emit('keys')
  }

  #toUsable(row: Row): ApiKeyRecord | undefined {
    return this.#isExpired(row) ? undefined : this.#toRecord(row)
  }

  #isExpired(row: Row): boolean {
    return row.expires_at_ms !== null && row.expires_at_ms <= this.#options.clock.nowMs()
  }

  #toKnown(row: Row): KnownKey {
    const before = this.#known.get(row)
    if (before !== undefined) return before
    const scopes = scopesSchema.parse(JSON.parse(row.scopes))
    const known = {
      id: row.id,
      accountId: row.account_id,
      scopes,
      workflowId: row.workflow_id ?? undefined,
      expiresAtMs: row.expires_at_ms,
    }
    this.#known.set(row, known)
    return known
  }

  #toRecord(row: Row): ApiKeyRecord {
    const use = this.#options.usage.findKeyUse(row.id)
    const isNewer = use !== undefined && use.atMs >= (row.last_used_at_ms ?? 0)
    return {
      id: row.id,
      accountId: row.account_id,
      name: row.name,
      scopes: this.#toKnown(row).scopes,
      workflowId: row.workflow_id ?? undefined,
      masked: maskApiKey(row.id, row.last_four),
      createdAtMs: row.created_at_ms,
      expiresAtMs: row.expires_at_ms,
      lastUsedAtMs: isNewer ? use.atMs : row.last_used_at_ms,
      lastAddress: isNewer ? use.address : row.last_address,
      sentUnprotectedAtMs: row.sent_unprotected_at_ms,
    }
  }
}

/** A key with the scope `keys` makes further ones without anybody's password; they must not fill the disk. */
async function refuseSurplus(kysely: Kysely<Schema>, accountId: string): Promise<void> {
  const { count } = await kysely
    .selectFrom('api_keys')
    .select((column) => column.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  if (count < MAX_PER_ACCOUNT) return
  throw new GateError(
    'VALIDATION_FAILED',
    `There are ${MAX_PER_ACCOUNT} keys of this person already. Revoke some first.`,
  )
}
