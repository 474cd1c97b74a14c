import type { Kysely } from 'kysely'
import { join, resolve } from 'node:path'
import { findMeta } from '../database/metaStore.ts'
import type { Schema } from '../database/schema.ts'
import type { Clock } from '../core/clock.ts'
import type { UserFolders } from '../isolation/userFolders.ts'
import type { MeasuredSizes } from './measuredSizes.ts'

export interface FolderUseParts {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly sizes: MeasuredSizes
  readonly userFolders: Pick<UserFolders, 'recallOutput'>
  readonly dataDirectory: string
}

/** What somebody's files take. */
export interface FolderUse {
  /** Made by jobs, removed ones that can come back included. */
  readonly files: number
  /** What those take, or all that lies in the person's own folder if that is more. */
  readonly bytes: number
  /** Uploads, workflows, settings and what ComfyUI keeps while it runs. */
  readonly inputBytes: number
}

export const usedBytes = ({ bytes, inputBytes }: FolderUse): number => bytes + inputBytes

/** Summing a great many records is not done again at once: it costs at most a twentieth of the time. */
const PATIENCE = 20
const MOST_KEPT_MS = 5_000
const DEADLINE_MS = 2_000

interface Sum {
  readonly files: number
  readonly bytes: number
}

/**
 * Reads what each person's files take: results from their records and by looking, the rest by looking. Looking, because
 * nodes also save what no history names (models, latents, names that are not recorded), and a disk is full by those too.
 */
export class FolderUseReader {
  readonly #parts: FolderUseParts
  readonly #usersDirectory: string
  readonly #sums = new Map<string, { readonly untilMs: number; readonly sum: Sum }>()

  constructor(parts: FolderUseParts) {
    this.#parts = parts
    this.#usersDirectory = join(resolve(parts.dataDirectory), 'users')
  }

  /** `isNow`: what was there half a minute ago will not do, because a job may have ended since. */
  async find(accountId: string, isNow = false): Promise<FolderUse> {
    const [{ files, bytes }, inputBytes, measured] = await Promise.all([
      this.#readRecords(accountId),
      this.#readInputs(accountId),
      this.#measureOutput(accountId, isNow),
    ])
    return { files, bytes: Math.max(bytes, measured), inputBytes }
  }

  /** Counts an upload that is about to be taken in. */
  addInput(accountId: string, bytes: number): void {
    this.#parts.sizes.add(this.#directoryOf(accountId), bytes)
  }

  /** Some of the person's results were deleted for good. */
  async deleted(accountId: string): Promise<void> {
    const { path } = await this.#parts.userFolders.recallOutput(accountId)
    if (path !== undefined) this.#parts.sizes.takenAway(path)
  }

  async #readRecords(accountId: string): Promise<Sum> {
    const { kysely, clock } = this.#parts
    const startedAtMs = clock.nowMs()
    const kept = this.#sums.get(accountId)
    if (kept !== undefined && startedAtMs < kept.untilMs) return kept.sum
    const row = await kysely
      .selectFrom('outputs')
      .select(({ fn }) => [fn.countAll<number>().as('files'), fn.sum<number | null>('bytes').as('bytes')])
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow()
    const sum = { files: row.files, bytes: row.bytes ?? 0 }
    const endedAtMs = clock.nowMs()
    const untilMs = endedAtMs + Math.min((endedAtMs - startedAtMs) * PATIENCE, MOST_KEPT_MS)
    this.#sums.set(accountId, { untilMs, sum })
    return sum
  }

  /** 0 for the owner: ComfyUI's own folder holds what is not for us to count. */
  async #measureOutput(accountId: string, isNow: boolean): Promise<number> {
    const { sizes, userFolders } = this.#parts
    const { path, isComfyuis } = await userFolders.recallOutput(accountId)
    if (path === undefined || isComfyuis) return 0
    const fresh = isNow ? { freshMs: 0 } : {}
    return sizes.read(path, { ...fresh, deadlineMs: DEADLINE_MS })
  }

  /** The owner's uploads lie among ComfyUI's own files, which are not for us to count. */
  async #readInputs(accountId: string): Promise<number> {
    const { kysely, sizes } = this.#parts
    if ((await findMeta(kysely, 'ownerAccountId')) === accountId) return 0
    return sizes.read(this.#directoryOf(accountId))
  }

  #directoryOf(accountId: string): string {
    return join(this.#usersDirectory, accountId)
  }
}
