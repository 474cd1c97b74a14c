import { access, constants } from 'node:fs/promises'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { OutputPlace } from '../isolation/userFolders.ts'
import { readFileKind } from './fileKind.ts'
import { findNamedFiles } from './namedFiles.ts'
import type { NamedFile } from './namedFiles.ts'
import { isUnreadable, openInside } from './openedFile.ts'
import type { OpenedFile } from './openedFile.ts'
import type { EndedJob, NewOutput, OutputRow, OutputStore } from './outputStore.ts'

const JOBS_AT_ONCE = 20
const ID_LENGTH = 16

export interface OutputRecorderOptions {
  readonly store: OutputStore
  readonly folders: { findOutput(accountId: string): Promise<OutputPlace | undefined> }
  readonly random: Random
  readonly logger: Logger
  readonly onRecorded: (accountId: string, rows: readonly OutputRow[]) => void
}

/**
 * Notes which files ended jobs made. Nothing is lost by a crash: a job counts as recorded in the transaction that writes
 * its files, and every sweep takes up what is left.
 */
export class OutputRecorder {
  readonly #options: OutputRecorderOptions
  /** Whose folders cannot be read now: tried again by the next whole sweep. */
  readonly #unreadable = new Set<string>()
  #sweeping: Promise<void> | undefined
  #isAskedAgain = false
  #isClosed = false

  constructor(options: OutputRecorderOptions) {
    this.#options = options
  }

  /** Records what is not recorded. `whole`: also of people whose folder could not be read before. */
  sweep(whole = false): Promise<void> {
    if (whole) this.#unreadable.clear()
    if (this.#sweeping !== undefined) {
      this.#isAskedAgain = true
      return this.#sweeping
    }
    this.#sweeping = this.#sweepAll().finally(() => {
      this.#sweeping = undefined
    })
    return this.#sweeping
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#sweeping
  }

  async #sweepAll(): Promise<void> {
    do {
      this.#isAskedAgain = false
      for (let jobs = await this.#next(); jobs.length > 0; jobs = await this.#next()) {
        for (const job of jobs) await this.#tryRecord(job)
      }
    } while (this.#isAgain())
  }

  async #next(): Promise<EndedJob[]> {
    return this.#isClosed ? [] : this.#options.store.listUnrecordedJobs(JOBS_AT_ONCE, [...this.#unreadable])
  }

  #isAgain(): boolean {
    return this.#isAskedAgain
  }

  async #tryRecord(job: EndedJob): Promise<void> {
    if (this.#isClosed || this.#unreadable.has(job.accountId)) return
    try {
      await this.#record(job)
    } catch (error) {
      this.#unreadable.add(job.accountId)
      if (error instanceof GateError && error.code === 'FOLDER_REFUSED') return
      this.#options.logger.error({ err: error, job: job.id }, 'the files of a job could not be recorded')
    }
  }

  async #record(job: EndedJob): Promise<void> {
    const { store, folders, onRecorded } = this.#options
    const named = job.entry === null ? [] : findNamedFiles(job.entry)
    const files: NewOutput[] = []
    if (named.length > 0) {
      const place = await folders.findOutput(job.accountId)
      if (place === undefined) throw new GateError('FOLDER_REFUSED', 'It is not known yet where these files lie.')
      for (const file of named) files.push(...(await this.#look(job, place, file)))
    }
    const rows = await store.record(job, files)
    if (rows.length > 0) onRecorded(job.accountId, rows)
  }

  /** What is noted of one file; nothing when there is none. */
  async #look(job: EndedJob, place: OutputPlace, file: NamedFile): Promise<NewOutput[]> {
    const opened = await this.#open(job, place, file)
    if (opened === undefined) return []
    try {
      const { kind, mediaType, width, height } = await readFileKind(opened.handle, file.name)
      const row: NewOutput = {
        id: this.#options.random.id(ID_LENGTH),
        account_id: job.accountId,
        job_id: job.id,
        root: place.root,
        ...file,
        kind,
        media_type: mediaType,
        bytes: opened.bytes,
        width,
        height,
        made_at_ms: opened.changedAtMs,
        removed_at_ms: null,
      }
      return [row]
    } finally {
      await opened.handle.close()
    }
  }

  /** One file that its maker closed to us must not keep all others from being noted. */
  async #open(job: EndedJob, { directory }: OutputPlace, file: NamedFile): Promise<OpenedFile | undefined> {
    try {
      return await openInside(directory, file)
    } catch (error) {
      const isFolderOpen = await access(directory, constants.R_OK | constants.X_OK).then(
        () => true,
        () => false,
      )
      if (!isUnreadable(error) || !isFolderOpen) throw error
      this.#options.logger.warn({ err: error, job: job.id }, 'a file that a job made cannot be read')
      return undefined
    }
  }
}
