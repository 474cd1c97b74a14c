import type { Kysely, Selectable, Transaction } from 'kysely'
import { refuseEndedAuthority } from '../accounts/actedBy.ts'
import type { ActedBy } from '../accounts/actedBy.ts'
import type { AuditSink } from '../contract/audit.ts'
import { GateError } from '../contract/errorCodes.ts'
import { ipRuleKindSchema, ipRuleSourceSchema, maxIpRules } from '../contract/ipRules.ts'
import type { IpRuleSource } from '../contract/ipRules.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { IpRulesTable, Schema } from '../database/schema.ts'
import { emptyNetwork, findNetwork } from './ipNetwork.ts'
import { isHolding, RuleSet } from './ipRules.ts'
import type { IpRuleKind, RuleSaying } from './ipRules.ts'

export interface StoredIpRule extends RuleSaying {
  readonly id: string
  readonly comment: string
  readonly source: IpRuleSource
  readonly createdAtMs: number
}

export interface NewIpRule extends RuleSaying {
  readonly comment: string
  readonly source: IpRuleSource
}

export interface IpRuleStoreOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly audit: AuditSink
  readonly changes: ChangeFeed
}

type Row = Selectable<IpRulesTable>

/** Of those that `lockout.blacklistAfter` made: whoever guesses from everywhere does not fill the list. */
const MAX_OF_LOCKOUT = 5000
/** Rows of one statement: SQLite binds so many values. */
const ROWS_AT_ONCE = 100
/** How many of one import are named in the log. */
const NAMED = 20

/** Rules for addresses: kept in the table, read from memory. A rule ends at its time by itself. */
export class IpRuleStore {
  readonly #options: IpRuleStoreOptions
  #rules: readonly StoredIpRule[]
  #set: RuleSet

  private constructor(options: IpRuleStoreOptions, rules: readonly StoredIpRule[]) {
    this.#options = options
    this.#rules = rules
    this.#set = new RuleSet(rules, options.clock.nowMs())
  }

  static async open(options: IpRuleStoreOptions): Promise<IpRuleStore> {
    return new IpRuleStore(options, await readAll(options.kysely, options.logger))
  }

  /** Those that hold now, newest first. */
  list(): readonly StoredIpRule[] {
    const now = this.#options.clock.nowMs()
    return this.#rules.filter((rule) => isHolding(rule, now))
  }

  /** What holds now, compiled. The same object until something changes. */
  current(): RuleSet {
    const now = this.#options.clock.nowMs()
    if (this.#set.endsAtMs <= now) this.#set = new RuleSet(this.#rules, now)
    return this.#set
  }

  find(id: string): StoredIpRule | undefined {
    return this.list().find((rule) => rule.id === id)
  }

  findByNetwork(kind: IpRuleKind, cidr: string): StoredIpRule | undefined {
    return this.list().find((rule) => rule.kind === kind && rule.network.cidr === cidr)
  }

  /**
   * Makes a rule, or says something else of the one there is for the same network. Those `beside` it are added in the
   * same step, where they are missing.
   * @throws GateError VALIDATION_FAILED when there are too many, AUTH_INVALID when `by` may no longer
   */
  async add(rule: NewIpRule, by: ActedBy, beside: readonly NewIpRule[] = []): Promise<StoredIpRule> {
    await this.#write({ said: [rule], missing: beside }, by)
    const { kind, network, expiresAtMs, source } = rule
    const expires = expiresAtMs === null ? {} : { expiresAt: new Date(expiresAtMs).toISOString() }
    this.#options.audit.record({
      ...by,
      event: 'ipRule.created',
      details: { kind, cidr: network.cidr, source, ...expires },
    })
    await this.reload()
    const made = this.findByNetwork(kind, network.cidr)
    if (made === undefined) throw new GateError('VALIDATION_FAILED', 'This rule would have ended already.')
    return made
  }

  /** Adds those that are missing, in one step and with one row in the log. @returns how many were added */
  async addMissing(rules: readonly NewIpRule[], by: ActedBy): Promise<number> {
    const known = new Set(this.list().map(({ kind, network }) => `${kind} ${network.cidr}`))
    const missing = rules.filter(({ kind, network }) => !known.has(`${kind} ${network.cidr}`))
    if (missing.length === 0) return 0
    await this.#write({ said: [], missing }, by)
    const named = missing.slice(0, NAMED).map(({ kind, network }) => `${kind} ${network.cidr}`)
    this.#options.audit.record({
      ...by,
      event: 'ipRule.created',
      details: { rules: missing.length, source: missing[0]?.source ?? 'import', first: named },
    })
    await this.reload()
    return missing.length
  }

  /** @returns the rule that was removed, undefined when there was none */
  async remove(id: string, by: ActedBy): Promise<StoredIpRule | undefined> {
    const rule = this.find(id)
    const { kysely, clock, audit } = this.#options
    const removed = await kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, clock.nowMs())
      return transaction.deleteFrom('ip_rules').where('id', '=', id).executeTakeFirst()
    })
    if (rule === undefined || removed.numDeletedRows === 0n) return undefined
    audit.record({ ...by, event: 'ipRule.removed', details: { kind: rule.kind, cidr: rule.network.cidr } })
    await this.reload()
    return rule
  }

  /** Called often: what ended by its time leaves the table, and whoever listens hears of it. */
  async removeEnded(): Promise<void> {
    const now = this.#options.clock.nowMs()
    const ended = this.#rules.filter((rule) => !isHolding(rule, now))
    if (ended.length === 0) return
    this.#rules = this.#rules.filter((rule) => isHolding(rule, now))
    this.#options.changes.emit('ipRules')
    for (const { id, kind, network } of ended) {
      const gone = await this.#options.kysely
        .deleteFrom('ip_rules')
        .where('id', '=', id)
        .where('expires_at_ms', '<=', now)
        .executeTakeFirst()
      if (gone.numDeletedRows === 0n) continue
      const details = { kind, cidr: network.cidr, ended: true }
      this.#options.audit.record({ event: 'ipRule.removed', actor: { kind: 'system' }, details })
    }
  }

  /** Reads the table again, because another process may have written it. */
  async reload(): Promise<void> {
    const before = this.#rules
    const after = await readAll(this.#options.kysely, this.#options.logger)
    if (before.length === after.length && before.every((rule, at) => isSame(rule, after[at]))) return
    this.#rules = after
    this.#set = new RuleSet(after, this.#options.clock.nowMs())
    this.#options.changes.emit('ipRules')
  }

  /** `said` replaces what was said before, `missing` does not. */
  async #write(rules: Record<'said' | 'missing', readonly NewIpRule[]>, by: ActedBy): Promise<void> {
    const { kysely, clock, random } = this.#options
    const now = clock.nowMs()
    const rowsOf = (list: readonly NewIpRule[]): Row[] => list.map((rule) => toRow(rule, random.id(16), now))
    await kysely.transaction().execute(async (transaction) => {
      await refuseEndedAuthority(transaction, by, now)
      // A rule whose time is over is none, also while nobody has removed it.
      await transaction.deleteFrom('ip_rules').where('expires_at_ms', '<=', now).execute()
      await insert(transaction, rowsOf(rules.said), 'replace')
      await insert(transaction, rowsOf(rules.missing), 'keep')
      await makeRoom(transaction)
    })
  }
}

async function insert(
  transaction: Transaction<Schema>,
  rows: readonly Row[],
  known: 'replace' | 'keep',
): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await transaction
      .insertInto('ip_rules')
      .values(rows.slice(at, at + ROWS_AT_ONCE))
      .onConflict((conflict) =>
        known === 'keep'
          ? conflict.columns(['kind', 'cidr']).doNothing()
          : conflict.columns(['kind', 'cidr']).doUpdateSet((row) => ({
              comment: row.ref('excluded.comment'),
              source: row.ref('excluded.source'),
              created_at_ms: row.ref('excluded.created_at_ms'),
              expires_at_ms: row.ref('excluded.expires_at_ms'),
            })),
      )
      .execute()
  }
}

/** The oldest that lockouts made leave first; anybody's own rules never leave by themselves. */
async function makeRoom(transaction: Transaction<Schema>): Promise<void> {
  const ofLockout = transaction.selectFrom('ip_rules').select('id').where('source', '=', 'lockout')
  await transaction
    .deleteFrom('ip_rules')
    .where('source', '=', 'lockout')
    .where('id', 'not in', ofLockout.orderBy('created_at_ms', 'desc').limit(MAX_OF_LOCKOUT))
    .execute()
  const { rules } = await transaction
    .selectFrom('ip_rules')
    .select(({ fn }) => fn.countAll<number>().as('rules'))
    .executeTakeFirstOrThrow()
  if (rules <= maxIpRules) return
  throw new GateError('VALIDATION_FAILED', `There can be ${maxIpRules} rules. One for a whole network replaces many.`)
}

const toRow = ({ kind, network, expiresAtMs, comment, source }: NewIpRule, id: string, now: number): Row => ({
  id,
  kind,
  cidr: network.cidr,
  comment,
  source,
  created_at_ms: now,
  expires_at_ms: expiresAtMs,
})

const isSame = (a: StoredIpRule, b: StoredIpRule | undefined): boolean =>
  a.id === b?.id && a.comment === b.comment && a.createdAtMs === b.createdAtMs && a.expiresAtMs === b.expiresAtMs

/**
 * A row that was damaged or written by hand so that nobody can tell whom it meant: then only what other rules allow
 * gets in, until somebody removes it.
 */
const unreadable = (row: Row): Pick<StoredIpRule, 'kind' | 'network'> => ({
  kind: 'allow',
  network: emptyNetwork(row.cidr),
})

async function readAll(kysely: Kysely<Schema>, logger: Logger): Promise<readonly StoredIpRule[]> {
  const rows = await kysely.selectFrom('ip_rules').selectAll().orderBy('created_at_ms', 'desc').orderBy('id').execute()
  return rows.map((row) => {
    const network = findNetwork(row.cidr)
    const kind = ipRuleKindSchema.safeParse(row.kind)
    const isWhole = network !== undefined && kind.success
    if (!isWhole) logger.error({ rule: row.id }, 'a rule for addresses cannot be read, so it lets nobody in')
    return {
      ...(isWhole ? { kind: kind.data, network } : unreadable(row)),
      id: row.id,
      comment: row.comment,
      source: ipRuleSourceSchema.catch('owner').parse(row.source),
      createdAtMs: row.created_at_ms,
      expiresAtMs: row.expires_at_ms,
    }
  })
}
