import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { ANSWER_BYTES, HISTORY_BYTES_PER_PERSON, HISTORY_ENTRIES_PER_PERSON } from './jobBounds.ts'

/** The newest entries that a client gets that names no number. */
const WITHOUT_NUMBER = 1_000
const ROWS_AT_ONCE = 200

export interface HistoryPage {
  readonly maxItems?: number
  /** Below zero counts as left out. */
  readonly offset?: number
}

/** What each person's jobs ended with. */
export class JobHistory {
  readonly #kysely: Kysely<Schema>
  readonly #inOrder: (write: () => Promise<void>) => Promise<void>

  constructor(kysely: Kysely<Schema>, inOrder: (write: () => Promise<void>) => Promise<void>) {
    this.#kysely = kysely
    this.#inOrder = inOrder
  }

  /**
   * Ids in the order in which jobs ended, as ComfyUI counts `max_items` and `offset` (execution.py, get_history), as many
   * as one answer holds: without an offset the newest, otherwise the next ones.
   */
  async list(accountId: string, { maxItems, offset = -1 }: HistoryPage): Promise<string[]> {
    const isFromOldest = offset >= 0
    if (!isFromOldest && maxItems !== undefined && maxItems <= 0) return []
    const wanted = maxItems === undefined ? WITHOUT_NUMBER : Math.max(1, maxItems)
    const direction = isFromOldest ? 'asc' : 'desc'
    const query = this.#of(accountId)
      .select(['id', 'result_bytes as bytes'])
      .orderBy('ended_at_ms', direction)
      .orderBy(sql`rowid`, direction)
      .limit(Math.min(wanted, HISTORY_ENTRIES_PER_PERSON))
    const rows = await (isFromOldest ? query.offset(offset) : query).execute()
    const ids = takeWithin(rows, ANSWER_BYTES).map(({ id }) => id)
    return isFromOldest ? ids : ids.reverse()
  }

  /** What ended, in short, in the order in which it did: the newest, as many as one answer holds. */
  async readSummaries(accountId: string): Promise<string[]> {
    const summaries: string[] = []
    let bytesLeft = ANSWER_BYTES
    for (let offset = 0; offset < HISTORY_ENTRIES_PER_PERSON; offset += ROWS_AT_ONCE) {
      const rows = await this.#of(accountId)
        .select('summary')
        .orderBy('ended_at_ms', 'desc')
        .orderBy(sql`rowid`, 'desc')
        .limit(ROWS_AT_ONCE)
        .offset(offset)
        .execute()
      for (const { summary } of rows) {
        bytesLeft -= Buffer.byteLength(summary ?? '')
        if (bytesLeft < 0) return summaries.reverse()
        if (summary !== null) summaries.push(summary)
      }
      if (rows.length < ROWS_AT_ONCE) break
    }
    return summaries.reverse()
  }

  /** Lets the oldest results of a person go that are more than they may keep. */
  async bound(accountId: string): Promise<void> {
    const { count, bytes } = await this.#of(accountId)
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('result_bytes').as('bytes')])
      .executeTakeFirstOrThrow()
    if (count <= HISTORY_ENTRIES_PER_PERSON && (bytes ?? 0) <= HISTORY_BYTES_PER_PERSON) return
    const rows = await this.#of(accountId)
      .select(['id', 'result_bytes as bytes'])
      .orderBy('ended_at_ms', 'desc')
      .orderBy(sql`rowid`, 'desc')
      .execute()
    const kept = takeWithin(rows.slice(0, HISTORY_ENTRIES_PER_PERSON), HISTORY_BYTES_PER_PERSON).length
    const ids = rows.slice(kept).map(({ id }) => id)
    for (let at = 0; at < ids.length; at += ROWS_AT_ONCE) {
      await this.forget(accountId, ids.slice(at, at + ROWS_AT_ONCE))
    }
  }

  async find(accountId: string, id: string): Promise<string | undefined> {
    const row = await this.#of(accountId).select('result').where('id', '=', id).executeTakeFirst()
    return row?.result ?? undefined
  }

  /** Takes entries out of the history. What they cost stays known: it counts for the day's limits. */
  async forget(accountId: string, ids: readonly string[] | 'all'): Promise<void> {
    // What it made stays written until the files are recorded.
    const change = { in_history: 0, result: sql<string>`case files_recorded when 0 then result end`, summary: null }
    await this.#inOrder(async () => {
      const query = this.#kysely
        .updateTable('jobs')
        .set(change)
        .where('account_id', '=', accountId)
        .where('in_history', '=', 1)
      await (ids === 'all' ? query : query.where('id', 'in', ids)).execute()
    })
  }

  #of(accountId: string) {
    return this.#kysely.selectFrom('jobs').where('account_id', '=', accountId).where('in_history', '=', 1)
  }
}

/** The first ones that fit; the very first in any case. */
function takeWithin<Item extends { readonly bytes: number }>(items: readonly Item[], limitBytes: number): Item[] {
  let left = limitBytes
  const end = items.findIndex(({ bytes }, at) => {
    left -= bytes
    return left < 0 && at > 0
  })
  return end === -1 ? [...items] : items.slice(0, end)
}
