import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { describeBytes } from '../contract/byteWords.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import type { Schema } from '../database/schema.ts'
import { checkMarker, markerFolder, writeMarker } from '../isolation/folderMarker.ts'
import { makePickedFolder, planPickedFolder } from '../isolation/pickedFolder.ts'
import type { PickedPlace, PickRules } from '../isolation/pickedFolder.ts'
import { FolderProblem } from '../isolation/privateFolder.ts'
import type { SystemPlaces } from '../isolation/systemFolders.ts'
import type { UserFolders } from '../isolation/userFolders.ts'
import type { DiskSpace } from './diskSpace.ts'
import { clearCopied, copyRecorded, isPlaceOf, listRecorded, removeOurs, sizeInside } from './movedFile.ts'
import { MoveJournals } from './moveJournal.ts'
import type { MoveJournal } from './moveJournal.ts'

/** The jobs of who is moved. */
export interface MovedJobs {
  /** Resolves when the engine has none of this person's and the files of those that ended are recorded. */
  vacate(accountId: string, signal: AbortSignal): Promise<void>
}

export interface MoverParts {
  readonly kysely: Kysely<Schema>
  readonly logger: Logger
  /** Where no job writes: what moves are under way is kept there. */
  readonly dataDirectory: string
  readonly userFolders: UserFolders
  readonly space: DiskSpace
  readonly places: SystemPlaces
  /** What must stay free on the disk of the new place. */
  readonly readFloor: (directory: string) => Promise<number>
  readonly onProgress: (accountId: string) => void
  /** For tests: called before each thing that a crash could fall behind. */
  readonly onStep?: (step: string) => Promise<void>
  /** For tests; how long what is being read in the old place may take to end. */
  readonly settleMs?: number
}

export interface MoveProgress {
  doneBytes: number
  allBytes: number
}

export interface MoveResult {
  /** Where the results lie now. */
  readonly path: string
  /** The old folder, if something is left in it, and what: no job made it, so it stays. */
  readonly left: { readonly path: string; readonly names: readonly string[] } | undefined
}

const SETTLE_MS = 500
const PROGRESS_BYTES = 32 * 1024 ** 2
const NAMES_AT_MOST = 20

/**
 * Moves the files that a person's jobs made. Whatever happens on the way, one folder is complete and in use: files are
 * copied, then the new place is written down in one step, then the old files go. What a crash leaves is set right by
 * `resume`: taken back before that step, finished after it.
 */
export class FolderMover {
  readonly #parts: MoverParts
  readonly #journals: MoveJournals
  readonly #underWay = new Map<string, MoveProgress>()
  readonly #stop = new AbortController()

  constructor(parts: MoverParts) {
    this.#parts = parts
    this.#journals = new MoveJournals(parts.dataDirectory)
  }

  progressOf(accountId: string): MoveProgress | undefined {
    return this.#underWay.get(accountId)
  }

  /** What a choice would lead to. @throws GateError FOLDER_REFUSED, OWNER_ONLY, NOT_FOUND in words for the owner */
  async plan(accountId: string, picked: string): Promise<PickedPlace> {
    return planPickedFolder(picked, await this.#parts.userFolders.readPickRules(accountId, this.#parts.places))
  }

  /** @throws GateError as `plan`, ALREADY_RUNNING; then the results are where they were */
  async move(accountId: string, picked: string, jobs: MovedJobs): Promise<MoveResult> {
    if (this.#underWay.has(accountId)) throw new GateError('ALREADY_RUNNING', 'This folder is being moved already.')
    this.#underWay.set(accountId, { doneBytes: 0, allBytes: 0 })
    try {
      const rules = await this.#parts.userFolders.readPickRules(accountId, this.#parts.places)
      const place = await planPickedFolder(picked, rules)
      await this.#resumeOne(accountId)
      const from = await this.#findOld(accountId)
      await this.#checkSpace(accountId, from, place)
      this.#parts.onProgress(accountId)
      await jobs.vacate(accountId, this.#stop.signal)
      this.#refuseStopped()
      return await this.#moveTo(rules, from, place)
    } finally {
      this.#underWay.delete(accountId)
      this.#parts.onProgress(accountId)
    }
  }

  /** After a crash: sets right what moves left. Before anything else uses the folders. */
  async resume(): Promise<void> {
    for (const accountId of await this.#journals.list()) {
      try {
        await this.#resumeOne(accountId)
      } catch (error) {
        // Its drive may be away; looked at again at the next start.
        this.#parts.logger.error({ err: error, account: accountId }, 'a move that was cut short could not be set right')
      }
    }
  }

  /** What is being copied is taken back. */
  close(): void {
    this.#stop.abort()
  }

  async #moveTo(rules: PickRules, from: string | undefined, place: PickedPlace): Promise<MoveResult> {
    const accountId = rules.account.id
    const { userFolders } = this.#parts
    let journal: MoveJournal | undefined = from === undefined ? undefined : { from, to: place.path, isNew: place.isNew }
    if (journal !== undefined) {
      await this.#step('journal')
      await this.#journals.write(accountId, journal)
    }
    let reopen: (() => void) | undefined
    try {
      await this.#step('make')
      await makePickedFolder(place, rules)
      await this.#step('mark')
      await writeMarker(place.path, accountId)
      const early = from === undefined ? [] : await this.#copyAll(accountId, from, place.path)
      // From here on nobody changes what was copied.
      reopen = userFolders.closeOutput(accountId)
      await this.#settle()
      const files = from === undefined ? [] : await this.#copyAll(accountId, from, place.path)
      if (journal !== undefined) {
        await removeStale(place.path, early, files)
        await this.#step('plan to clear')
        journal = { ...journal, files }
        await this.#journals.write(accountId, journal)
      }
      await this.#step('switch')
      await userFolders.setOutput(accountId, from, place.path)
    } catch (error) {
      await this.#takeBackSafely(accountId, from, place)
      throw toRefusal(error)
    } finally {
      reopen?.()
    }
    await this.#step('clear')
    return {
      path: place.path,
      left: journal === undefined ? undefined : await this.#clear(accountId, journal),
    }
  }

  /** Twice is once: what is there already in the same size is passed over. @returns the paths of what is in both now */
  async #copyAll(accountId: string, from: string, to: string): Promise<string[]> {
    const files = await listRecorded(this.#parts.kysely, accountId)
    const copied: string[] = []
    const progress = this.#underWay.get(accountId) ?? { doneBytes: 0, allBytes: 0 }
    Object.assign(progress, { doneBytes: 0, allBytes: files.reduce((sum, { bytes }) => sum + bytes, 0) })
    let told = 0
    for (const { path, bytes } of files) {
      this.#refuseStopped()
      if (await this.#copyOne(from, to, path)) copied.push(path)
      progress.doneBytes += bytes
      if (progress.doneBytes - told < PROGRESS_BYTES) continue
      told = progress.doneBytes
      this.#parts.onProgress(accountId)
    }
    return copied
  }

  async #copyOne(from: string, to: string, path: string): Promise<boolean> {
    const bytes = await sizeInside(from, path)
    if (bytes === undefined) return false
    if ((await sizeInside(to, path)) === bytes) return true
    await this.#step(`copy ${path}`)
    return copyRecorded(from, to, path)
  }

  /** Removes what was copied out of the old place. */
  async #clear(accountId: string, { from, to, files = [] }: MoveJournal): Promise<MoveResult['left']> {
    if (await isPlaceOf(from, accountId)) {
      for (const path of files) {
        await this.#step(`clear ${path}`)
        await clearCopied(from, to, path)
      }
      await this.#step('clean')
      await removeOurs(from, true)
    }
    await this.#step('done')
    await this.#journals.remove(accountId)
    const names = (await readdir(from).catch(() => [])).filter((name) => name !== markerFolder)
    return names.length === 0 ? undefined : { path: from, names: names.slice(0, NAMES_AT_MOST) }
  }

  /** @throws FolderProblem when the place that is in use is away */
  async #resumeOne(accountId: string): Promise<void> {
    const journal = await this.#journals.read(accountId)
    if (journal === undefined) return
    const { path: inUse } = await this.#parts.userFolders.recallOutput(accountId)
    if (inUse !== journal.from && inUse !== journal.to) {
      this.#parts.logger.warn({ account: accountId, journal, inUse }, 'a move is none of this folder: left as it is')
      return this.#journals.remove(accountId)
    }
    await checkMarker(inUse, accountId)
    const isMoved = inUse === journal.to
    this.#parts.logger.warn({ account: accountId, isMoved }, 'a move was cut short and is set right')
    if (isMoved) await this.#clear(accountId, journal)
    else await this.#takeBack(accountId, journal)
  }

  async #takeBackSafely(accountId: string, from: string | undefined, place: PickedPlace): Promise<void> {
    try {
      // Written down after all: then it is the new place that is in use.
      const { path: inUse } = await this.#parts.userFolders.recallOutput(accountId)
      if (inUse === place.path) return
      if (from === undefined) await removeOurs(place.path, place.isNew)
      else await this.#takeBack(accountId, { from, to: place.path, isNew: place.isNew })
    } catch (error) {
      this.#parts.logger.error({ err: error, folder: place.path }, 'what was copied could not be removed again')
    }
  }

  /** The old place is in use as before. What is missing there is brought back, then the copies go. */
  async #takeBack(accountId: string, { from, to, isNew }: MoveJournal): Promise<void> {
    if (await isPlaceOf(to, accountId)) {
      for (const { path } of await listRecorded(this.#parts.kysely, accountId)) {
        if ((await sizeInside(from, path)) === undefined) await copyRecorded(to, from, path)
        await clearCopied(to, from, path)
      }
      await removeOurs(to, isNew)
    }
    await this.#journals.remove(accountId)
  }

  async #findOld(accountId: string): Promise<string | undefined> {
    try {
      return await this.#parts.userFolders.checkMovable(accountId)
    } catch (error) {
      throw toRefusal(error)
    }
  }

  async #checkSpace(accountId: string, from: string | undefined, { path }: PickedPlace): Promise<void> {
    if (from === undefined) return
    const needed = (await listRecorded(this.#parts.kysely, accountId)).reduce((sum, { bytes }) => sum + bytes, 0)
    const space = await this.#parts.space.find(path)
    const kept = await this.#parts.readFloor(path)
    if (space === undefined || space.freeBytes - kept >= needed) return
    const words = `${describeBytes(needed)} are to be moved, ${describeBytes(space.freeBytes)} are free there`
    throw new GateError(
      'FOLDER_REFUSED',
      `There is too little room: ${words}, and ${describeBytes(kept)} are kept free.`,
    )
  }

  #refuseStopped(): void {
    if (this.#stop.signal.aborted) throw new GateError('FOLDER_REFUSED', 'Gatehouse is being ended; nothing was moved.')
  }

  async #step(name: string): Promise<void> {
    await this.#parts.onStep?.(name)
  }

  #settle(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#parts.settleMs ?? SETTLE_MS))
  }
}

/** Copies of what was removed or renamed meanwhile. */
async function removeStale(folder: string, early: readonly string[], files: readonly string[]): Promise<void> {
  const wanted = new Set(files)
  for (const path of early) if (!wanted.has(path)) await rm(join(folder, path), { force: true })
}

const toRefusal = (error: unknown): unknown =>
  error instanceof FolderProblem ? new GateError('FOLDER_REFUSED', error.message, { cause: error }) : error
