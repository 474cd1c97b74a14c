import type { Kysely, Selectable, Transaction } from 'kysely'
import { z } from 'zod'
import type { AuditSink } from '../contract/audit.ts'
import { isLoopbackAddress } from '../core/addresses.ts'
import type { Clock } from '../core/clock.ts'
import { sha256Hex } from '../core/sha256.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { LockoutsTable, Schema } from '../database/schema.ts'
import type { AddressRules } from '../network/addressRules.ts'
import { containsKey, toAddressKey, toDeviceNetwork } from '../network/ipNetwork.ts'
import type { IpRuleStore, StoredIpRule } from '../network/ipRuleStore.ts'
import { system } from './actedBy.ts'
import type { ActedBy } from './actedBy.ts'
import { kindOfCounter, networkOfCounter } from './counterKeys.ts'
import type { CounterKind } from './counterKeys.ts'
import type { SessionStore } from './sessionStore.ts'
import type { KeptCounter, SignInThrottle } from './signInThrottle.ts'

export interface LockoutsOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly audit: AuditSink
  readonly changes: ChangeFeed
  readonly throttle: SignInThrottle
  readonly sessions: Pick<SessionStore, 'list'>
  readonly ipRules: IpRuleStore
  readonly addressRules: AddressRules
  readonly settings: { get(name: 'lockout.blacklistAfter'): number }
}

/** Something that waits after wrong passwords, did so lately, or is blocked. */
export interface Lockout {
  /** Opaque. */
  readonly id: string
  readonly kind: CounterKind
  /** Of an address: itself, or its network in IPv6. */
  readonly cidr: string | undefined
  readonly failures: number
  readonly lastFailureMs: number | undefined
  readonly waitsUntilMs: number
  readonly device: string
  readonly tried: readonly string[]
  /** The rule that `lockout.blacklistAfter` made. */
  readonly rule: StoredIpRule | undefined
}

type Row = Selectable<LockoutsTable>

/** So many failures lead to a first pause; fewer are nobody's business. */
const FIRST_PAUSE = 3
/** Rows of one turn: a flood costs as much as this four times a second, and no more. */
const MAX_ROWS = 200
const SWEEP_EVERY_MS = 60_000

/**
 * Pauses after wrong passwords, as they are kept over a restart, shown and lifted, and what blocks an address for good.
 * The counting itself is in `SignInThrottle`; here is what lasts.
 */
export class Lockouts {
  readonly #options: LockoutsOptions
  readonly #toBlock = new Set<string>()
  #writing: Promise<void> | undefined
  #sweepAtMs = 0

  private constructor(options: LockoutsOptions) {
    this.#options = options
  }

  static async open(options: LockoutsOptions): Promise<Lockouts> {
    const rows = await options.kysely.selectFrom('lockouts').selectAll().orderBy('last_failure_ms').execute()
    options.throttle.restore(rows.map(toCounter))
    return new Lockouts(options)
  }

  /** What waits or is blocked, the latest first. */
  list(): readonly Lockout[] {
    const rest = new Map(this.#ownRules().map((rule) => [rule.network.cidr, rule]))
    const counted = this.#options.throttle.list().flatMap((counter) => {
      const cidr = networkOfCounter(counter.key)?.cidr
      const rule = cidr === undefined ? undefined : rest.get(cidr)
      if (counter.failures < FIRST_PAUSE && rule === undefined) return []
      rest.delete(cidr ?? '')
      return toLockout(counter, rule)
    })
    const blocked = [...rest.values()].map(blockedAlone)
    return [...counted, ...blocked].sort((a, b) => (b.lastFailureMs ?? 0) - (a.lastFailureMs ?? 0))
  }

  /**
   * Ends a pause or a block, and with an address what waits of those whose passwords were tried from it: otherwise they
   * would go on waiting.
   * @returns what was lifted; undefined when there was none
   */
  async lift(id: string, by: ActedBy): Promise<Lockout | undefined> {
    const all = this.list()
    const lockout = all.find((one) => one.id === id)
    if (lockout === undefined) return undefined
    const alongside = all.filter(
      ({ kind, tried }) => kind === 'account' && tried.some((who) => lockout.tried.includes(who)),
    )
    const lifted = new Set([lockout, ...(lockout.kind === 'address' ? alongside : [])].map((one) => one.id))
    await this.#forget((key) => lifted.has(toId(key)))
    if (lockout.rule !== undefined) await this.#options.ipRules.remove(lockout.rule.id, by)
    const what = lockout.cidr === undefined ? {} : { cidr: lockout.cidr }
    const people = lockout.tried.filter((who) => who !== '')
    this.#options.audit.record({ ...by, event: 'address.unblocked', details: { kind: lockout.kind, ...what, people } })
    this.#options.changes.emit('lockouts')
    return lockout
  }

  /** A rule that is removed takes the count with it: the next wrong password must not block again. */
  async forgetAddressOf({ network, source }: StoredIpRule): Promise<void> {
    if (source !== 'lockout') return
    await this.#forget((key) => networkOfCounter(key)?.cidr === network.cidr)
  }

  /**
   * Whether an address has made so many wrong tries that it is blocked. The rule is made a moment later, so that the
   * answer still goes out. Never one that stands for others: loopback (a tunnel ends there), a trusted proxy, and one
   * from which somebody with an account that lasts is signed in.
   */
  async blocks(address: string, failures: number): Promise<boolean> {
    const limit = this.#options.settings.get('lockout.blacklistAfter')
    if (limit === 0 || failures < limit) return false
    if (isLoopbackAddress(address) || this.#options.addressRules.isTrustedProxy(address)) return false
    if (await this.#isSomebodysHome(address)) return false
    this.#toBlock.add(address)
    return true
  }

  /** Whether there is such a rule for an address, also where the rules let it connect because it is allowed by name. */
  isBlocked(address: string): boolean {
    const key = toAddressKey(address)
    return key !== undefined && this.#ownRules().some(({ network }) => containsKey(network, key))
  }

  /** Called often: writes what changed, and blocks whom there is to block. */
  async tick(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
    await this.#writing
  }

  /** Another process may have lifted something. */
  async reload(): Promise<void> {
    // What is written while the table is read does not stand in what was read.
    const kept = this.#options.throttle.keptKeys()
    const rows = await this.#options.kysely.selectFrom('lockouts').select('counter').execute()
    const there = new Set(rows.map(({ counter }) => counter))
    const isLess = this.#options.throttle.forgetAll(kept.filter((key) => !there.has(key)))
    if (isLess) this.#options.changes.emit('lockouts')
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    await this.tick()
    await this.tick()
  }

  async #write(): Promise<void> {
    const { throttle, kysely, changes, ipRules, audit, clock } = this.#options
    for (const address of [...this.#toBlock]) {
      this.#toBlock.delete(address)
      const network = toDeviceNetwork(address)
      if (network === undefined) continue
      const comment = 'Too many wrong passwords'
      await ipRules.add({ kind: 'deny', network, comment, source: 'lockout', expiresAtMs: null }, system)
      audit.record({ ...system, event: 'address.blocked', details: { cidr: network.cidr } })
    }
    if (this.#sweepAtMs <= clock.nowMs()) {
      this.#sweepAtMs = clock.nowMs() + SWEEP_EVERY_MS
      // Looking at them lets those go that are forgotten.
      throttle.list()
    }
    const written = throttle.takeChanges(MAX_ROWS)
    const { changed, added, gone } = written
    if (changed.length + added.length + gone.length === 0) return
    try {
      const lifted = await kysely.transaction().execute(async (transaction) => {
        if (gone.length > 0) await transaction.deleteFrom('lockouts').where('counter', 'in', gone).execute()
        for (const counter of added) await insert(transaction, counter)
        return updateAll(transaction, changed)
      })
      // Their rows are gone already. Waiting to be removed once more, they would take every later count with them.
      throttle.forgetAll(lifted)
    } catch (error) {
      throttle.putBack(written)
      throw error
    }
    changes.emit('lockouts')
  }

  async #forget(isMeant: (key: string) => boolean): Promise<void> {
    const keys = this.#options.throttle.list().flatMap(({ key }) => (isMeant(key) ? key : []))
    for (const key of keys) this.#options.throttle.lift(key)
    if (keys.length === 0) return
    // Through the one writer: a try that comes meanwhile must know whether its row is there. The first may be under way.
    await this.tick()
    await this.tick()
  }

  #ownRules(): readonly StoredIpRule[] {
    return this.#options.ipRules.list().filter(({ kind, source }) => kind === 'deny' && source === 'lockout')
  }

  async #isSomebodysHome(address: string): Promise<boolean> {
    const network = toDeviceNetwork(address)
    if (network === undefined) return false
    const sessions = await this.#options.sessions.list()
    const here = sessions.filter((session) => {
      const key = toAddressKey(session.address)
      return key !== undefined && containsKey(network, key)
    })
    return this.#isAnybodyKnown([...new Set(here.map(({ accountId }) => accountId))])
  }

  /** Whoever lets themselves in as a guest is a stranger as before. */
  async #isAnybodyKnown(accountIds: readonly string[]): Promise<boolean> {
    if (accountIds.length === 0) return false
    const known = await this.#options.kysely
      .selectFrom('accounts')
      .select('id')
      .where('id', 'in', accountIds)
      .where('guest_address', 'is', null)
      .limit(1)
      .executeTakeFirst()
    return known !== undefined
  }
}

const toId = (key: string): string => sha256Hex(key).slice(0, 16)

const toLockout = (counter: KeptCounter, rule: StoredIpRule | undefined): Lockout => ({
  id: toId(counter.key),
  kind: kindOfCounter(counter.key),
  cidr: networkOfCounter(counter.key)?.cidr,
  failures: counter.failures,
  lastFailureMs: counter.lastFailureMs,
  waitsUntilMs: counter.pausedUntilMs,
  device: counter.device,
  tried: counter.tried,
  rule,
})

/** Its tries are forgotten; what they led to is not. */
const blockedAlone = (rule: StoredIpRule): Lockout => ({
  id: rule.id,
  kind: 'address',
  cidr: rule.network.cidr,
  failures: 0,
  lastFailureMs: rule.createdAtMs,
  waitsUntilMs: 0,
  device: '',
  tried: [],
  rule,
})

const triedSchema = z.array(z.string()).catch([])

const toCounter = (row: Row): KeptCounter => ({
  key: row.counter,
  failures: row.failures,
  pausedUntilMs: row.paused_until_ms,
  pausedAtFailures: row.paused_at_failures,
  lastFailureMs: row.last_failure_ms,
  device: row.device,
  tried: readTried(row.tried),
})

function readTried(json: string): string[] {
  try {
    return triedSchema.parse(JSON.parse(json))
  } catch {
    // Only told to people; the count itself holds.
    return []
  }
}

const toValues = (counter: KeptCounter) => ({
  failures: counter.failures,
  paused_until_ms: counter.pausedUntilMs,
  paused_at_failures: counter.pausedAtFailures,
  last_failure_ms: counter.lastFailureMs,
  device: counter.device,
  tried: JSON.stringify(counter.tried),
})

async function insert(transaction: Transaction<Schema>, counter: KeptCounter): Promise<void> {
  const values = toValues(counter)
  const kind = kindOfCounter(counter.key)
  const subject = networkOfCounter(counter.key)?.cidr ?? counter.tried.find((who) => who !== '') ?? null
  await transaction
    .insertInto('lockouts')
    .values({ counter: counter.key, kind, subject, ...values })
    .onConflict((conflict) => conflict.column('counter').doUpdateSet(values))
    .execute()
}

/** @returns those that are not there any more: somebody lifted them meanwhile */
async function updateAll(transaction: Transaction<Schema>, counters: readonly KeptCounter[]): Promise<string[]> {
  const lifted: string[] = []
  for (const counter of counters) {
    const { numUpdatedRows } = await transaction
      .updateTable('lockouts')
      .set(toValues(counter))
      .where('counter', '=', counter.key)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) lifted.push(counter.key)
  }
  return lifted
}
