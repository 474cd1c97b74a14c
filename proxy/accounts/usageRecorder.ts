import type { Kysely } from 'kysely'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Schema } from '../database/schema.ts'

const WRITE_INTERVAL_MS = 10_000
const MAX_REMEMBERED = 20_000

export interface UsageRecorderOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly logger: Logger
}

export interface KeyUse {
  readonly atMs: number
  readonly address: string
}

/** When sessions, tokens, keys and people were last seen: in memory at once, in the database within ten seconds, for the other programs. */
export class UsageRecorder {
  readonly #options: UsageRecorderOptions
  readonly #sessions = new Map<string, number>()
  readonly #tokens = new Map<string, number>()
  readonly #keys = new Map<string, KeyUse>()
  readonly #accounts = new Map<string, number>()
  #unwritten = noneUnwritten()
  readonly #timer: NodeJS.Timeout

  constructor(options: UsageRecorderOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.flush().catch((error: unknown) => options.logger.error({ err: error }, 'last use could not be written'))
    }, WRITE_INTERVAL_MS)
    this.#timer.unref()
  }

  recordSession(sessionId: string, accountId: string): void {
    remember(this.#sessions, sessionId, this.#options.clock.nowMs())
    this.#unwritten.sessions.add(sessionId)
    this.#recordAccount(accountId)
  }

  recordToken(tokenId: string, accountId: string): void {
    remember(this.#tokens, tokenId, this.#options.clock.nowMs())
    this.#unwritten.tokens.add(tokenId)
    this.#recordAccount(accountId)
  }

  recordKey(keyId: string, accountId: string, address: string): void {
    const atMs = this.#options.clock.nowMs()
    const before = this.#keys.get(keyId)
    // Many requests of one key in the same millisecond say one thing.
    if (before?.atMs === atMs && before.address === address && this.#unwritten.keys.has(keyId)) return
    remember(this.#keys, keyId, { atMs, address })
    this.#unwritten.keys.add(keyId)
    this.#recordAccount(accountId)
  }

  findSessionUse(sessionId: string): number | undefined {
    return this.#sessions.get(sessionId)
  }

  findTokenUse(tokenId: string): number | undefined {
    return this.#tokens.get(tokenId)
  }

  findKeyUse(keyId: string): KeyUse | undefined {
    return this.#keys.get(keyId)
  }

  findAccountSeen(accountId: string): number | undefined {
    return this.#accounts.get(accountId)
  }

  async flush(): Promise<void> {
    const { sessions, tokens, keys, accounts } = this.#unwritten
    if (accounts.size === 0) return
    this.#unwritten = noneUnwritten()
    await this.#options.kysely.transaction().execute(async (transaction) => {
      for (const id of sessions) {
        const last_used_at_ms = this.#sessions.get(id) ?? 0
        await transaction.updateTable('sessions').set({ last_used_at_ms }).where('id', '=', id).execute()
      }
      for (const id of tokens) {
        const last_used_at_ms = this.#tokens.get(id) ?? 0
        await transaction.updateTable('tokens').set({ last_used_at_ms }).where('id', '=', id).execute()
      }
      for (const id of keys) {
        const use = this.#keys.get(id)
        if (use === undefined) continue
        const change = { last_used_at_ms: use.atMs, last_address: use.address }
        await transaction.updateTable('api_keys').set(change).where('id', '=', id).execute()
      }
      for (const id of accounts) {
        const last_seen_at_ms = this.#accounts.get(id) ?? null
        await transaction.updateTable('accounts').set({ last_seen_at_ms }).where('id', '=', id).execute()
      }
    })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  #recordAccount(accountId: string): void {
    remember(this.#accounts, accountId, this.#options.clock.nowMs())
    this.#unwritten.accounts.add(accountId)
  }
}

const noneUnwritten = () => ({
  sessions: new Set<string>(),
  tokens: new Set<string>(),
  keys: new Set<string>(),
  accounts: new Set<string>(),
})

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  // Deleting first moves the key to the end: the oldest use is the first to be forgotten.
  map.delete(key)
  map.set(key, value)
  if (map.size <= MAX_REMEMBERED) return
  const oldest = map.keys().next()
  if (oldest.done !== true) map.delete(oldest.value)
}
