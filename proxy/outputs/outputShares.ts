import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import { sharedTypes } from '../contract/shares.ts'
import type { Clock } from '../core/clock.ts'
import type { Schema } from '../database/schema.ts'
import type { OutputRow } from './outputStore.ts'

/** With whom a picture is to be shared: with everybody, with these people, or with nobody. */
export interface Audience {
  readonly everybody: boolean
  readonly accountIds: readonly string[]
}

/** A picture that somebody else shows. */
export interface SharedRow extends OutputRow {
  readonly shared_at_ms: number
  /** Whose picture it is. */
  readonly from_name: string
}

/** The last one of the page before. */
export interface AfterShared {
  readonly sharedAtMs: number
  readonly id: string
}

/** Who hears that what they see has changed, and whose picture it is. */
export type ShareListener = (who: readonly string[] | 'everybody', accountId: string) => void

export const canBeShared = ({ media_type }: Pick<OutputRow, 'media_type'>): boolean => sharedTypes.includes(media_type)

const IDS_AT_ONCE = 200

/** Which pictures are shown to whom. Who may show which is decided before. */
export class OutputShares {
  readonly #kysely: Kysely<Schema>
  readonly #clock: Clock
  readonly #listeners = new Set<ShareListener>()

  constructor(kysely: Kysely<Schema>, clock: Clock) {
    this.#kysely = kysely
    this.#clock = clock
  }

  /** People by name. */
  async read(outputId: string): Promise<{ everybody: boolean; people: { id: string; name: string }[] }> {
    const rows = await this.#kysely
      .selectFrom('output_shares')
      .leftJoin('accounts', 'accounts.id', 'output_shares.account_id')
      .select(['output_shares.account_id as id', 'accounts.name'])
      .where('output_id', '=', outputId)
      .orderBy('accounts.name_key')
      .execute()
    const people = rows.flatMap(({ id, name }) => (id === null || name === null ? [] : [{ id, name }]))
    return { everybody: rows.some(({ id }) => id === null), people }
  }

  /**
   * Replaces what was before; whoever stays keeps their time. Its own person is left out.
   * @returns false for a picture that is no longer there
   */
  async replace(row: OutputRow, audience: Audience): Promise<boolean> {
    const people = audience.accountIds.filter((id) => id !== row.account_id)
    const wanted = new Set<string | null>([...(audience.everybody ? [null] : []), ...people])
    const shared_at_ms = this.#clock.nowMs()
    const before = await this.#kysely.transaction().execute(async (transaction) => {
      if (!(await isThere(transaction, row.id))) return undefined
      const known = await readAudience(transaction, row.id)
      await endFor(
        transaction,
        row.id,
        [...known].filter((id) => !wanted.has(id)),
      )
      const added = await findThere(
        transaction,
        [...wanted].filter((id) => !known.has(id)),
      )
      const values = added.map((account_id) => ({ output_id: row.id, account_id, shared_at_ms }))
      if (values.length > 0) await transaction.insertInto('output_shares').values(values).execute()
      return known
    })
    if (before === undefined) return false
    this.#tell([...before, ...wanted], row.account_id)
    return true
  }

  /** Tells who saw a picture that is gone. */
  async gone(row: OutputRow): Promise<void> {
    const { everybody, people } = await this.read(row.id)
    const who = [...people.map(({ id }) => id), ...(everybody ? [null] : [])]
    if (who.length > 0) this.#tell(who, row.account_id)
  }

  /** Which of these are shown to anybody. */
  async findShared(outputIds: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    for (let at = 0; at < outputIds.length; at += IDS_AT_ONCE) {
      const rows = await this.#kysely
        .selectFrom('output_shares')
        .select('output_id')
        .distinct()
        .where('output_id', 'in', outputIds.slice(at, at + IDS_AT_ONCE))
        .execute()
      for (const { output_id } of rows) found.add(output_id)
    }
    return found
  }

  /** What others show to this person, what was shown last first. */
  async list(accountId: string, after: AfterShared | undefined, limit: number): Promise<SharedRow[]> {
    const query = this.#visibleTo(accountId).orderBy('shared_at_ms', 'desc').orderBy('outputs.id', 'desc').limit(limit)
    if (after === undefined) return query.execute()
    return query
      .having(sql<boolean>`(max(output_shares.shared_at_ms), outputs.id) < (${after.sharedAtMs}, ${after.id})`)
      .execute()
  }

  /** One of them; undefined for every other id, whether or not there is such a picture. */
  find(accountId: string, outputId: string): Promise<SharedRow | undefined> {
    return this.#visibleTo(accountId).where('outputs.id', '=', outputId).executeTakeFirst()
  }

  onChange(listener: ShareListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Removed ones, and those of people who may not come in any more, are shown to nobody. */
  #visibleTo(accountId: string) {
    return this.#kysely
      .selectFrom('output_shares')
      .innerJoin('outputs', 'outputs.id', 'output_shares.output_id')
      .innerJoin('accounts', 'accounts.id', 'outputs.account_id')
      .selectAll('outputs')
      .select([
        'accounts.name as from_name',
        ({ fn }) => fn.max<number>('output_shares.shared_at_ms').as('shared_at_ms'),
      ])
      .where((where) =>
        where.or([where('output_shares.account_id', 'is', null), where('output_shares.account_id', '=', accountId)]),
      )
      .where('outputs.account_id', '!=', accountId)
      .where('outputs.removed_at_ms', 'is', null)
      .where('outputs.media_type', 'in', sharedTypes)
      .where('accounts.disabled', '=', 0)
      .where((where) =>
        where.or([
          where('accounts.expires_at_ms', 'is', null),
          where('accounts.expires_at_ms', '>', this.#clock.nowMs()),
        ]),
      )
      .groupBy('outputs.id')
  }

  #tell(who: readonly (string | null)[], accountId: string): void {
    const ids = [...new Set(who)].flatMap((id) => id ?? [])
    for (const listener of [...this.#listeners]) listener(who.includes(null) ? 'everybody' : ids, accountId)
  }
}

async function isThere(transaction: Transaction<Schema>, outputId: string): Promise<boolean> {
  const row = await transaction.selectFrom('outputs').select('id').where('id', '=', outputId).executeTakeFirst()
  return row !== undefined
}

async function readAudience(transaction: Transaction<Schema>, outputId: string): Promise<Set<string | null>> {
  const rows = await transaction
    .selectFrom('output_shares')
    .select('account_id')
    .where('output_id', '=', outputId)
    .execute()
  return new Set(rows.map(({ account_id }) => account_id))
}

async function endFor(
  transaction: Transaction<Schema>,
  outputId: string,
  gone: readonly (string | null)[],
): Promise<void> {
  const of = transaction.deleteFrom('output_shares').where('output_id', '=', outputId)
  if (gone.includes(null)) await of.where('account_id', 'is', null).execute()
  const people = gone.flatMap((id) => id ?? [])
  if (people.length > 0) await of.where('account_id', 'in', people).execute()
}

/** Without those who are gone since they were looked up. */
async function findThere(
  transaction: Transaction<Schema>,
  audience: readonly (string | null)[],
): Promise<(string | null)[]> {
  const people = audience.flatMap((id) => id ?? [])
  const rows = await transaction.selectFrom('accounts').select('id').where('id', 'in', people).execute()
  return [...(audience.includes(null) ? [null] : []), ...rows.map(({ id }) => id)]
}
