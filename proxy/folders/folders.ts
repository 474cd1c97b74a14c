import type { Kysely } from 'kysely'
import type { Folder } from '../contract/folders.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Schema } from '../database/schema.ts'
import { FolderProblem } from '../isolation/privateFolder.ts'
import type { SystemPlaces } from '../isolation/systemFolders.ts'
import { unusableFolderWords } from '../isolation/userFolders.ts'
import type { UserFolders } from '../isolation/userFolders.ts'
import { DiskSpace } from './diskSpace.ts'
import type { SpaceReader } from './diskSpace.ts'
import { FolderMover } from './folderMover.ts'
import type { MovedJobs, MoverParts, MoveResult } from './folderMover.ts'
import { FolderRoom } from './folderRoom.ts'
import { FolderRuleBook, quotaOf } from './folderRules.ts'
import type { FolderRules, FolderRulesChange, FolderSettings } from './folderRules.ts'
import { FolderUseReader, usedBytes } from './folderUse.ts'
import { MeasuredSizes } from './measuredSizes.ts'
import { warningWords } from './roomWords.ts'

/*
 * proxy/folders/ knows how much each person's files take, how much they may take and for how long they stay, and moves
 * them. It never touches a file that no job made. Where folders lie and that nobody's overlap is isolation's business.
 */

export interface FoldersOptions {
  readonly kysely: Kysely<Schema>
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: FolderSettings
  readonly userFolders: UserFolders
  readonly dataDirectory: string
  /** Where folders of new people will be made. */
  readonly outputsRoot: string
  readonly places: SystemPlaces
  /** For tests; the product asks the system. */
  readonly readSpace?: SpaceReader
  /** For tests, as those of FolderMover. */
  readonly mover?: Pick<MoverParts, 'onStep' | 'settleMs'>
}

interface Person {
  readonly id: string
  readonly name: string
}

type Condition = Pick<Folder, 'state' | 'problem' | 'path' | 'isComfyuisOwn'>

/** Everybody's folders, as the owner and each person see them. */
export class Folders {
  /** Whether there is room for what is to come. */
  readonly room: FolderRoom
  readonly #options: FoldersOptions
  readonly #rules: FolderRuleBook
  readonly #uses: FolderUseReader
  readonly #space: DiskSpace
  readonly #mover: FolderMover
  #jobs: MovedJobs | undefined
  readonly #listeners = new Set<(accountId: string) => void>()

  constructor(options: FoldersOptions) {
    const { kysely, clock, settings, readSpace } = options
    this.#options = options
    this.#rules = new FolderRuleBook(kysely, settings)
    this.#uses = new FolderUseReader({ ...options, sizes: new MeasuredSizes(clock) })
    this.#space = new DiskSpace(clock, readSpace)
    const isMoving = (accountId: string): boolean => this.isMoving(accountId)
    const parts = { rules: this.#rules, uses: this.#uses, space: this.#space, isMoving }
    this.room = new FolderRoom({ ...options, ...parts })
    this.#mover = new FolderMover({
      ...options,
      ...options.mover,
      space: this.#space,
      readFloor: (directory) => this.room.readFloor(directory),
      onProgress: (accountId) => this.#changed(accountId),
    })
  }

  /** Everybody's, oldest account first, with paths. `from` and `count` choose a page. */
  async list(from: number, count: number): Promise<Folder[]> {
    const people = await this.#options.kysely
      .selectFrom('accounts')
      .select(['id', 'name'])
      .orderBy('created_at_ms')
      .orderBy('id')
      .offset(from)
      .limit(count)
      .execute()
    const folders: Folder[] = []
    // One after the other: each may have to walk a folder.
    for (const person of people) folders.push(await this.#describe(person))
    return folders
  }

  /** With its path, for who administers. @throws GateError NOT_FOUND */
  async get(accountId: string): Promise<Folder> {
    return this.#describe(await this.#getPerson(accountId))
  }

  /** One's own: without paths, and a problem in words that name none. @throws GateError NOT_FOUND */
  async getOwn(accountId: string): Promise<Folder> {
    const folder = await this.get(accountId)
    return { ...folder, path: null, problem: folder.problem === null ? null : unusableFolderWords }
  }

  /** Sets quota and retention. @throws GateError NOT_FOUND */
  async change(accountId: string, change: FolderRulesChange): Promise<Folder> {
    const person = await this.#getPerson(accountId)
    await this.#rules.change(accountId, change)
    this.#changed(accountId)
    return this.#describe(person)
  }

  /** Whose jobs a move waits for. Nothing can be moved before. */
  attach(jobs: MovedJobs): void {
    this.#jobs = jobs
  }

  /**
   * Gives a person the folder that the owner picked on this computer, or one of ours inside of it, and moves what their
   * jobs made. Their jobs wait meanwhile.
   * @throws GateError FOLDER_REFUSED, OWNER_ONLY, NOT_FOUND, ALREADY_RUNNING in words for the owner; nothing has changed then
   */
  async move(accountId: string, picked: string): Promise<MoveResult> {
    if (this.#jobs === undefined) throw new TypeError('nobody knows whose jobs run')
    return this.#mover.move(accountId, picked, this.#jobs)
  }

  /** After a crash: sets right what a move left, before anything else uses the folders. */
  resume(): Promise<void> {
    return this.#mover.resume()
  }

  /** A move that is under way is taken back. */
  close(): void {
    this.#mover.close()
  }

  isMoving(accountId: string): boolean {
    return this.#mover.progressOf(accountId) !== undefined
  }

  rulesOf(accountId: string): Promise<FolderRules> {
    return this.#rules.find(accountId)
  }

  /** Tells whose folder is not as it was: its place, its rules, or how far a move has come. */
  onChange(listener: (accountId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #describe(user: Person): Promise<Folder> {
    const [condition, rules, use] = await Promise.all([
      this.#look(user.id),
      this.#rules.find(user.id),
      this.#uses.find(user.id),
    ])
    const space = await this.#space.find(condition.path ?? this.#options.outputsRoot)
    const quotaBytes = await quotaOf(rules, use, () => Promise.resolve(space))
    return {
      user,
      ...condition,
      ...use,
      quotaBytes,
      hasOwnQuota: rules.hasOwnQuota,
      retentionDays: rules.retentionDays,
      hasOwnRetention: rules.hasOwnRetention,
      freeBytes: space?.freeBytes ?? null,
      warning: warningWords(quotaBytes, usedBytes(use)),
      moving: this.#findProgress(user.id),
    }
  }

  #findProgress(accountId: string): Folder['moving'] {
    const progress = this.#mover.progressOf(accountId)
    return progress === undefined ? null : { ...progress }
  }

  async #look(accountId: string): Promise<Condition> {
    const { userFolders } = this.#options
    const { path, isComfyuis: isComfyuisOwn } = await userFolders.recallOutput(accountId)
    const place = { path: path ?? null, isComfyuisOwn }
    if (path === undefined) return { ...place, state: 'notMadeYet', problem: null }
    try {
      await userFolders.checkOutput(accountId)
      return { ...place, state: 'ready', problem: null }
    } catch (error) {
      if (!(error instanceof FolderProblem)) throw error
      return { ...place, state: error.isMissing ? 'missing' : 'refused', problem: error.message }
    }
  }

  async #getPerson(accountId: string): Promise<Person> {
    const person = await this.#options.kysely
      .selectFrom('accounts')
      .select(['id', 'name'])
      .where('id', '=', accountId)
      .executeTakeFirst()
    if (person === undefined) throw new GateError('NOT_FOUND', 'There is no such person.')
    return person
  }

  #changed(accountId: string): void {
    this.room.changed()
    for (const listener of [...this.#listeners]) listener(accountId)
  }
}
