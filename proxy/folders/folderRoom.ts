import type { Kysely } from 'kysely'
import { describeBytes } from '../contract/byteWords.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import { KeyedTurns } from '../core/keyedTurns.ts'
import type { Logger } from '../core/logger.ts'
import type { Schema } from '../database/schema.ts'
import type { UserFolders } from '../isolation/userFolders.ts'
import type { DiskSpace, Space } from './diskSpace.ts'
import { quotaOf } from './folderRules.ts'
import type { FolderRuleBook, FolderSettings } from './folderRules.ts'
import { usedBytes } from './folderUse.ts'
import type { FolderUseReader } from './folderUse.ts'
import { diskFullWords, fullWords } from './roomWords.ts'

export interface FolderRoomParts {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: FolderSettings
  readonly userFolders: Pick<UserFolders, 'recallOutput'>
  readonly rules: FolderRuleBook
  readonly uses: FolderUseReader
  readonly space: DiskSpace
  readonly dataDirectory: string
  readonly outputsRoot: string
  readonly isMoving: (accountId: string) => boolean
}

/** What one job makes when nothing is known of this person's earlier ones. */
const UNKNOWN_JOB_BYTES = 16 * 1024 ** 2
const RECENT_FILES = 50
/** Files of a job that ended longer ago will not be counted any more. */
const UNCOUNTED_MS = 600_000
const USUAL_FLOOR_BYTES = 10 * 1024 ** 3
/** Of a disk on which the usual floor would be most of it. */
const SHARE_OF_DISK = 0.05
/** A workflow can still be saved by who is just full. */
const SPARE_BYTES = 64 * 1024 ** 2

/** Whether there is room: for what somebody sends, for the next job of somebody, for any job at all. */
export class FolderRoom {
  readonly #parts: FolderRoomParts
  readonly #listeners = new Set<() => void>()
  readonly #turns = new KeyedTurns()
  #saidUnknown = false

  constructor(parts: FolderRoomParts) {
    this.#parts = parts
  }

  /** @throws GateError QUOTA_EXCEEDED in words, with what to do */
  async checkPrompt(accountId: string): Promise<void> {
    const room = await this.#read(accountId)
    if (room !== undefined && room.used >= room.quotaBytes) refuseFull(room)
  }

  /** Before an upload or a file of the person's is taken in; it counts from then on. @throws GateError QUOTA_EXCEEDED */
  checkInput(accountId: string, bytes: number, isUpload: boolean): Promise<void> {
    // Between the look and the count no other of this person may slip in.
    return this.#turns.run(accountId, () => this.#takeIn(accountId, bytes, isUpload))
  }

  async #takeIn(accountId: string, bytes: number, isUpload: boolean): Promise<void> {
    if (isUpload) await this.#checkFloor(accountId, bytes)
    const room = await this.#read(accountId)
    if (room === undefined) return
    const limit = isUpload ? room.quotaBytes : room.quotaBytes + SPARE_BYTES
    if (room.used + bytes > limit) refuseFull(room)
    this.#parts.uses.addInput(accountId, bytes)
  }

  /** What is sent must not go below the floor either. The owner's lies in ComfyUI's folder, perhaps on another disk. */
  async #checkFloor(accountId: string, bytes: number): Promise<void> {
    const { userFolders, dataDirectory } = this.#parts
    if ((await userFolders.recallOutput(accountId)).isComfyuis) return
    if (await this.#findShortage(dataDirectory, bytes)) throw new GateError('QUOTA_EXCEEDED', diskFullWords)
  }

  /**
   * Why the person's next job may not begin. Many jobs that were sent at once are not let in one beside the other:
   * each that is under way counts with what such jobs usually make.
   */
  async findHold(accountId: string, underWay: number): Promise<'room' | 'disk' | 'moving' | undefined> {
    if (this.#parts.isMoving(accountId)) return 'moving'
    const { path } = await this.#parts.userFolders.recallOutput(accountId)
    if (await this.#findShortage(path ?? this.#parts.outputsRoot)) return 'disk'
    const room = await this.#read(accountId, true)
    if (room === undefined) return undefined
    if (room.used >= room.quotaBytes) return 'room'
    const uncounted = underWay + (await this.#countUncounted(accountId))
    if (uncounted === 0) return undefined
    const expected = uncounted * (await this.#expectJobBytes(accountId))
    return room.used + expected >= room.quotaBytes ? 'room' : undefined
  }

  /** Why nobody's job may begin, in words for the owner. */
  async findStop(): Promise<string | undefined> {
    const shortage = await this.#findShortage(this.#parts.dataDirectory)
    if (shortage === undefined) return undefined
    const { freeBytes, floorBytes } = shortage
    const kept = `${describeBytes(freeBytes)} left, ${describeBytes(floorBytes)} are kept free`
    return `The disk of Gatehouse's data folder is almost full (${kept}). Jobs wait, and go on by themselves when there is room.`
  }

  /** What must stay free on a folder's disk; 0 where that cannot be found out. */
  async readFloor(directory: string): Promise<number> {
    const space = await this.#parts.space.find(directory)
    return space === undefined ? 0 : floorOf(this.#parts.settings.get('jobs.diskFloorBytes'), space)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Files of the person were deleted for good: that counts at once, and what waited for room may go on. */
  async deleted(accountId: string): Promise<void> {
    await this.#parts.uses.deleted(accountId)
    this.changed()
  }

  /** There may be more room than before. */
  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** `bytes`: what is about to be written. */
  async #findShortage(directory: string, bytes = 0): Promise<{ freeBytes: number; floorBytes: number } | undefined> {
    const space = await this.#parts.space.find(directory)
    if (space === undefined) {
      this.#sayUnknown(directory)
      return undefined
    }
    const floorBytes = floorOf(this.#parts.settings.get('jobs.diskFloorBytes'), space)
    return space.freeBytes - bytes < floorBytes ? { freeBytes: space.freeBytes, floorBytes } : undefined
  }

  #sayUnknown(directory: string): void {
    if (this.#saidUnknown) return
    this.#saidUnknown = true
    const message = 'how much is free on a disk cannot be found out, so jobs begin however little it is'
    this.#parts.logger.warn({ directory }, message)
  }

  /** undefined: this person has no limit. */
  async #read(accountId: string, isNow = false): Promise<{ used: number; quotaBytes: number } | undefined> {
    const { rules, uses, space, userFolders, outputsRoot } = this.#parts
    const rule = await rules.find(accountId)
    if (rule.quotaBytes === null) return undefined
    const use = await uses.find(accountId, isNow)
    const { path = outputsRoot } = await userFolders.recallOutput(accountId)
    const quotaBytes = await quotaOf(rule, use, () => space.find(path))
    return quotaBytes === null ? undefined : { used: usedBytes(use), quotaBytes }
  }

  /** Jobs that ended a moment ago and whose files do not stand in the records yet. */
  async #countUncounted(accountId: string): Promise<number> {
    const { kysely, clock } = this.#parts
    const row = await kysely
      .selectFrom('jobs')
      .select(({ fn }) => fn.countAll<number>().as('jobs'))
      .where('account_id', '=', accountId)
      .where('files_recorded', '=', 0)
      .where('state', 'in', ['succeeded', 'failed'])
      .where('ended_at_ms', '>', clock.nowMs() - UNCOUNTED_MS)
      .executeTakeFirstOrThrow()
    return row.jobs
  }

  async #expectJobBytes(accountId: string): Promise<number> {
    const rows = await this.#parts.kysely
      .selectFrom('outputs')
      .select(['job_id', 'bytes'])
      .where('account_id', '=', accountId)
      .where('job_id', 'is not', null)
      .orderBy('made_at_ms', 'desc')
      .limit(RECENT_FILES)
      .execute()
    if (rows.length === 0) return UNKNOWN_JOB_BYTES
    const jobs = new Set(rows.map(({ job_id }) => job_id)).size
    return rows.reduce((sum, { bytes }) => sum + bytes, 0) / jobs
  }
}

function refuseFull({ quotaBytes, used }: { readonly quotaBytes: number; readonly used: number }): never {
  throw new GateError('QUOTA_EXCEEDED', fullWords(quotaBytes, used))
}

/** What must stay free before a job begins; null: nobody chose. On a small disk ten gigabytes may be all there is. */
export const floorOf = (settingBytes: number | null, { totalBytes }: Space): number =>
  settingBytes ?? Math.min(USUAL_FLOOR_BYTES, totalBytes * SHARE_OF_DISK)
