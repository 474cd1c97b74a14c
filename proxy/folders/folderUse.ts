import type { Kysely } from 'kysely'
import { join, resolve } from 'node:path'
import { findMeta } from '../database/metaStore.ts'
import type { Schema } from '../database/schema.ts'
import type { MeasuredSizes } from './measuredSizes.ts'

/** What somebody's files take. */
export interface FolderUse {
  /** Made by jobs, removed ones that can come back included. */
  readonly files: number
  readonly bytes: number
  /** Uploads, workflows, settings and what ComfyUI keeps while it runs. */
  readonly inputBytes: number
}

export const usedBytes = ({ bytes, inputBytes }: FolderUse): number => bytes + inputBytes

/** Reads what each person's files take: results from their records, the rest by looking. */
export class FolderUseReader {
  readonly #kysely: Kysely<Schema>
  readonly #sizes: MeasuredSizes
  readonly #usersDirectory: string

  constructor(kysely: Kysely<Schema>, sizes: MeasuredSizes, dataDirectory: string) {
    this.#kysely = kysely
    this.#sizes = sizes
    this.#usersDirectory = join(resolve(dataDirectory), 'users')
  }

  async find(accountId: string): Promise<FolderUse> {
    const [row, inputBytes] = await Promise.all([
      this.#kysely
        .selectFrom('outputs')
        .select(({ fn }) => [fn.countAll<number>().as('files'), fn.sum<number | null>('bytes').as('bytes')])
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow(),
      this.#readInputs(accountId),
    ])
    return { files: row.files, bytes: row.bytes ?? 0, inputBytes }
  }

  /** Counts an upload that is about to be taken in. */
  addInput(accountId: string, bytes: number): void {
    this.#sizes.add(this.#directoryOf(accountId), bytes)
  }

  /** The owner's uploads lie among ComfyUI's own files, which are not for us to count. */
  async #readInputs(accountId: string): Promise<number> {
    if ((await findMeta(this.#kysely, 'ownerAccountId')) === accountId) return 0
    return this.#sizes.read(this.#directoryOf(accountId))
  }

  #directoryOf(accountId: string): string {
    return join(this.#usersDirectory, accountId)
  }
}
