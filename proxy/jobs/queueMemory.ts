import type { Kysely } from 'kysely'
import { z } from 'zod'
import { findMeta, setMeta } from '../database/metaStore.ts'
import type { Schema } from '../database/schema.ts'
import { emptyFairShare } from './fairShare.ts'
import type { FairShare } from './fairShare.ts'

const shareSchema = z.object({ nowSeconds: z.number(), nextStartSeconds: z.array(z.tuple([z.string(), z.number()])) })

export interface EngineCrash {
  readonly accountId: string
  readonly atMs: number
}

/** What the queue remembers of people beyond their jobs, over restarts of the program. */
export class QueueMemory {
  readonly #kysely: Kysely<Schema>
  #lastWrite: Promise<unknown> = Promise.resolve()

  constructor(kysely: Kysely<Schema>) {
    this.#kysely = kysely
  }

  /** What everybody got so far; nothing when there is none, or none that can be read. */
  async readShare(): Promise<FairShare> {
    const text = await findMeta(this.#kysely, 'fairShare')
    const parsed = shareSchema.safeParse(text === undefined ? undefined : parseJson(text))
    if (!parsed.success) return emptyFairShare
    return { nowSeconds: parsed.data.nowSeconds, nextStartSeconds: new Map(parsed.data.nextStartSeconds) }
  }

  keepShare({ nowSeconds, nextStartSeconds }: FairShare): Promise<void> {
    const text = JSON.stringify({ nowSeconds, nextStartSeconds: [...nextStartSeconds] })
    const write = this.#lastWrite.then(() => setMeta(this.#kysely, 'fairShare', text))
    this.#lastWrite = write.catch(() => undefined) // whoever asked for it hears of it
    return write
  }

  async readCrashes(sinceMs: number): Promise<EngineCrash[]> {
    await this.#kysely.deleteFrom('engine_crashes').where('at_ms', '<', sinceMs).execute()
    const rows = await this.#kysely.selectFrom('engine_crashes').select(['account_id', 'at_ms']).execute()
    return rows.map((row) => ({ accountId: row.account_id, atMs: row.at_ms }))
  }

  async addCrash({ accountId, atMs }: EngineCrash, jobId: string): Promise<void> {
    const row = { account_id: accountId, job_id: jobId, at_ms: atMs }
    await this.#kysely.insertInto('engine_crashes').values(row).execute()
  }

  async forgetCrashes(accountId: string): Promise<void> {
    await this.#kysely.deleteFrom('engine_crashes').where('account_id', '=', accountId).execute()
  }

  /** Resolves when every write that was asked for is done. */
  async settled(): Promise<void> {
    await this.#lastWrite
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // As if it had never been written: everybody begins anew.
    return undefined
  }
}
