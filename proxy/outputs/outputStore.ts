import { sql } from 'kysely'
import type { Insertable, Kysely, Selectable, SelectQueryBuilder, Transaction } from 'kysely'
import type { OutputKind } from '../contract/outputs.ts'
import type { OutputsTable, Schema } from '../database/schema.ts'

export type OutputRow = Selectable<OutputsTable>
export type NewOutput = Insertable<OutputsTable>

/** A job whose files are not recorded yet. */
export interface EndedJob {
  readonly id: string
  readonly accountId: string
  readonly endedAtMs: number
  /** JSON text of its history entry; null: it made nothing. */
  readonly entry: string | null
}

export interface OutputFilter {
  readonly accountId?: string | undefined
  readonly kind?: OutputKind | undefined
  readonly keep?: boolean | undefined
  /** Given by this job: also what it found as an earlier one had made it. */
  readonly jobId?: string | undefined
  /** Given by jobs of this published workflow, as long as the journal has them. */
  readonly publishedId?: string | undefined
  /** Part of the name. */
  readonly search?: string | undefined
  readonly removed: boolean
}

/** The last one of the page before. */
export interface After {
  readonly madeAtMs: number
  readonly id: string
}

const IDS_AT_ONCE = 200

const givenBy = (jobId: string) =>
  sql<boolean>`(job_id = ${jobId}
    or id in (select job_outputs.output_id from job_outputs where job_outputs.job_id = ${jobId}))`
const madeBy = (publishedId: string) =>
  sql<boolean>`(job_id in (select jobs.id from jobs where jobs.published_id = ${publishedId})
    or id in (select job_outputs.output_id from job_outputs join jobs on jobs.id = job_outputs.job_id
      where jobs.published_id = ${publishedId}))`

/** The rows of recorded files. */
export class OutputStore {
  readonly #kysely: Kysely<Schema>

  constructor(kysely: Kysely<Schema>) {
    this.#kysely = kysely
  }

  /** Oldest first. */
  async listUnrecordedJobs(limit: number, exceptAccounts: readonly string[]): Promise<EndedJob[]> {
    const query = this.#kysely
      .selectFrom('jobs')
      .select(['id', 'account_id', 'ended_at_ms', 'result'])
      .where('files_recorded', '=', 0)
      // Written out so that the partial index serves it.
      .where(sql<boolean>`state in ('succeeded', 'failed', 'cancelled')`)
      .orderBy('ended_at_ms')
      .limit(limit)
    const rows = await (
      exceptAccounts.length === 0 ? query : query.where('account_id', 'not in', exceptAccounts)
    ).execute()
    return rows.map((row) => ({
      id: row.id,
      accountId: row.account_id,
      endedAtMs: row.ended_at_ms ?? 0,
      entry: row.result,
    }))
  }

  /** Files and the job's mark at once: whoever is killed in between records neither. @returns what changed */
  async record(job: EndedJob, files: readonly NewOutput[]): Promise<OutputRow[]> {
    return this.#kysely.transaction().execute(async (transaction) => {
      const changed: OutputRow[] = []
      for (const file of files) changed.push(...(await recordFile(transaction, file)))
      await transaction
        .updateTable('jobs')
        .set({ files_recorded: 1, result: sql<string>`case in_history when 1 then result end` })
        .where('id', '=', job.id)
        .execute()
      return changed
    })
  }

  async find(id: string): Promise<OutputRow | undefined> {
    return this.#kysely.selectFrom('outputs').selectAll().where('id', '=', id).executeTakeFirst()
  }

  async findMany(ids: readonly string[]): Promise<OutputRow[]> {
    const rows: OutputRow[] = []
    for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
      const some = ids.slice(at, at + IDS_AT_ONCE)
      rows.push(...(await this.#kysely.selectFrom('outputs').selectAll().where('id', 'in', some).execute()))
    }
    return rows
  }

  /** Newest first. */
  list(filter: OutputFilter, after: After | undefined, limit: number): Promise<OutputRow[]> {
    return this.page(filter, after, limit).execute()
  }

  /** The query of `list`: each page begins behind the last row of the one before, in an index. */
  page(
    filter: OutputFilter,
    after: After | undefined,
    limit: number,
  ): SelectQueryBuilder<Schema, 'outputs', OutputRow> {
    let query = this.#kysely.selectFrom('outputs').selectAll()
    query = query.where('removed_at_ms', filter.removed ? 'is not' : 'is', null)
    if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId)
    if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
    if (filter.keep !== undefined) query = query.where('keep', '=', filter.keep ? 1 : 0)
    if (filter.jobId !== undefined) query = query.where(givenBy(filter.jobId))
    if (filter.publishedId !== undefined) query = query.where(madeBy(filter.publishedId))
    if (filter.search !== undefined)
      query = query.where(sql<boolean>`name like ${toPattern(filter.search)} escape '\\'`)
    if (after !== undefined) query = query.where(sql<boolean>`(made_at_ms, id) < (${after.madeAtMs}, ${after.id})`)
    return query.orderBy('made_at_ms', 'desc').orderBy('id', 'desc').limit(limit)
  }

  /** Whether a job of this published workflow gave it. */
  async isMadeBy({ id }: Pick<OutputRow, 'id'>, publishedId: string): Promise<boolean> {
    const query = this.#kysely.selectFrom('outputs').select('id').where('id', '=', id).where(madeBy(publishedId))
    return (await query.executeTakeFirst()) !== undefined
  }

  async setKeep(id: string, keep: boolean): Promise<void> {
    await this.#kysely
      .updateTable('outputs')
      .set({ keep: keep ? 1 : 0 })
      .where('id', '=', id)
      .execute()
  }

  async setRemoved(id: string, removedAtMs: number): Promise<void> {
    await this.#kysely.updateTable('outputs').set({ removed_at_ms: removedAtMs }).where('id', '=', id).execute()
  }

  /** Back in its folder, perhaps under another name. */
  async setInPlace(id: string, name: string, restored_at_ms: number): Promise<void> {
    const change = { removed_at_ms: null, name, restored_at_ms }
    await this.#kysely.updateTable('outputs').set(change).where('id', '=', id).execute()
  }

  async delete(id: string): Promise<void> {
    await this.#kysely.deleteFrom('outputs').where('id', '=', id).execute()
  }

  /** Longest removed first. */
  async listRemovedBefore(
    beforeMs: number,
    limit: number,
    after: { readonly removedAtMs: number; readonly id: string } | undefined,
  ): Promise<OutputRow[]> {
    const query = this.#kysely
      .selectFrom('outputs')
      .selectAll()
      .where('removed_at_ms', 'is not', null)
      .where('removed_at_ms', '<', beforeMs)
      .orderBy('removed_at_ms')
      .orderBy('id')
      .limit(limit)
    if (after === undefined) return query.execute()
    return query.where(sql<boolean>`(removed_at_ms, id) > (${after.removedAtMs}, ${after.id})`).execute()
  }

  /** Of one person, oldest first, what may be cleared away. */
  async listExpired(
    accountId: string,
    beforeMs: number,
    limit: number,
    after: After | undefined,
  ): Promise<OutputRow[]> {
    const query = this.#kysely
      .selectFrom('outputs')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('removed_at_ms', 'is', null)
      .where('keep', '=', 0)
      .where('made_at_ms', '<', beforeMs)
      .where((eb) => eb.or([eb('restored_at_ms', 'is', null), eb('restored_at_ms', '<', beforeMs)]))
      .orderBy('made_at_ms')
      .orderBy('id')
      .limit(limit)
    if (after === undefined) return query.execute()
    return query.where(sql<boolean>`(made_at_ms, id) > (${after.madeAtMs}, ${after.id})`).execute()
  }

  /** Removed ones that can come back take room too. */
  async usageOf(accountId: string): Promise<{ files: number; bytes: number }> {
    const row = await this.#kysely
      .selectFrom('outputs')
      .select(({ fn }) => [fn.countAll<number>().as('files'), fn.sum<number | null>('bytes').as('bytes')])
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow()
    return { files: row.files, bytes: row.bytes ?? 0 }
  }
}

/** A name is a text to look for: `%` and `_` stand for themselves. */
const toPattern = (search: string): string => `%${search.replace(/[\\%_]/g, '\\$&')}%`

/** @returns what changed: a file that is as it was is noted as this job's as well, and stays untouched */
async function recordFile(transaction: Transaction<Schema>, file: NewOutput): Promise<OutputRow[]> {
  const known = await transaction
    .selectFrom('outputs')
    .selectAll()
    .where('account_id', '=', file.account_id)
    .where('root', '=', file.root ?? '')
    .where('subfolder', '=', file.subfolder)
    .where('name', '=', file.name)
    .where('removed_at_ms', 'is', null)
    .executeTakeFirst()
  const changed = known === undefined ? await insertFile(transaction, file) : await writeOver(transaction, known, file)
  await noteGiven(transaction, file.job_id, known?.id ?? file.id)
  return changed
}

const insertFile = (transaction: Transaction<Schema>, file: NewOutput): Promise<OutputRow[]> =>
  transaction.insertInto('outputs').values(file).returningAll().execute()

/** A file that was written over is the same entry with another content. */
async function writeOver(transaction: Transaction<Schema>, known: OutputRow, file: NewOutput): Promise<OutputRow[]> {
  if (known.bytes === file.bytes && known.made_at_ms === file.made_at_ms) return []
  // Another picture, which nobody has shown to anybody, and which no earlier job gave.
  await transaction.deleteFrom('output_shares').where('output_id', '=', known.id).execute()
  await transaction.deleteFrom('job_outputs').where('output_id', '=', known.id).execute()
  const { job_id, kind, media_type, bytes, width, height, made_at_ms } = file
  return transaction
    .updateTable('outputs')
    .set({ job_id, kind, media_type, bytes, width, height, made_at_ms })
    .where('id', '=', known.id)
    .returningAll()
    .execute()
}

async function noteGiven(
  transaction: Transaction<Schema>,
  jobId: string | null | undefined,
  outputId: string,
): Promise<void> {
  if (jobId === null || jobId === undefined) return
  const row = { job_id: jobId, output_id: outputId }
  await transaction
    .insertInto('job_outputs')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
