import type { Kysely } from 'kysely'
import { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import { HOUR_MS } from '../core/time.ts'
import type { Schema } from '../database/schema.ts'
import type { OutputPlace } from '../isolation/userFolders.ts'
import { copyIntoFolder } from './copyIntoFolder.ts'
import { openInside } from './openedFile.ts'
import type { OpenedFile } from './openedFile.ts'
import { OutputRemoval } from './outputRemoval.ts'
import { OutputRecorder } from './outputRecorder.ts'
import { OutputShares } from './outputShares.ts'
import { OutputStore } from './outputStore.ts'
import type { OutputRow } from './outputStore.ts'

const SWEEP_MS = HOUR_MS
/** Jobs change many times; their files are looked for once. */
const SETTLE_MS = 100

export interface OutputFolders {
  /** @throws GateError FOLDER_REFUSED */
  findOutput(accountId: string): Promise<OutputPlace | undefined>
  /** @throws GateError FOLDER_REFUSED */
  findInput(accountId: string): Promise<string | undefined>
}

export interface OutputsOptions {
  readonly kysely: Kysely<Schema>
  readonly folders: OutputFolders
  readonly jobs: { onChange(listener: (accountId: string) => void): () => void }
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export const outputGone = (): GateError => new GateError('NOT_FOUND', 'This file is not there any more.')

/** The files that people's jobs made. Who may ask for which is decided before. */
export class Outputs {
  readonly store: OutputStore
  readonly shares: OutputShares
  readonly #options: OutputsOptions
  readonly #recorder: OutputRecorder
  readonly #removal: OutputRemoval
  readonly #listeners = new Set<(accountId: string) => void>()
  readonly #recordListeners = new Set<(rows: readonly OutputRow[]) => void>()
  readonly #goneListeners = new Set<(row: OutputRow) => void>()
  readonly #stopListening: () => void
  readonly #timer: NodeJS.Timeout
  #settling: NodeJS.Timeout | undefined

  /** Looks at once for what an earlier run of the program left unrecorded. */
  constructor(options: OutputsOptions) {
    this.#options = options
    this.store = new OutputStore(options.kysely)
    this.shares = new OutputShares(options.kysely, options.clock)
    const { folders, random, logger } = options
    this.#recorder = new OutputRecorder({
      store: this.store,
      folders,
      random,
      logger,
      onRecorded: (accountId, rows) => {
        this.#changed(accountId)
        for (const listener of this.#recordListeners) listener(rows)
      },
    })
    this.#removal = new OutputRemoval({
      store: this.store,
      clock: options.clock,
      logger,
      directoryOf: (row) => this.#directoryOf(row),
      onGone: (row) => this.#gone(row),
      onChange: (accountId) => this.#changed(accountId),
    })
    this.#stopListening = options.jobs.onChange(() => this.#lookSoon())
    this.#timer = setInterval(() => this.#background(this.lookAfter()), SWEEP_MS)
    this.#timer.unref()
    this.#background(this.lookAfter())
  }

  /** Resolves when the files of every job that has ended are recorded. */
  recordNow(): Promise<void> {
    return this.#recorder.sweep()
  }

  /**
   * The file, open. Whoever asked closes it.
   * @throws GateError NOT_FOUND when it is not there any more, and its entry goes; FOLDER_REFUSED
   */
  async open(row: OutputRow): Promise<OpenedFile> {
    if (row.removed_at_ms !== null) throw outputGone()
    const directory = await this.#directoryOf(row)
    const opened = (await openInside(directory, row)) ?? (await this.#removal.openOrForget(row))
    if (opened === undefined) throw outputGone()
    return opened
  }

  async setKeep(row: OutputRow, keep: boolean): Promise<void> {
    await this.store.setKeep(row.id, keep)
    this.#changed(row.account_id)
  }

  /** Into the person's bin. @returns false when it is gone or there already; @throws GateError FOLDER_REFUSED */
  remove(row: OutputRow): Promise<boolean> {
    return this.#removal.remove(row)
  }

  /** Out of the bin again, for as long as a new file stays. @returns false when it is not there any more; @throws GateError FOLDER_REFUSED */
  restore(row: OutputRow): Promise<boolean> {
    return this.#removal.restore(row)
  }

  /** A removed one, for good. @returns false when it is none any more; @throws GateError FOLDER_REFUSED */
  deleteRemoved(row: OutputRow): Promise<boolean> {
    return this.#removal.deleteRemoved(row)
  }

  /**
   * A copy among the uploads of `accountId`, under a name that was free. `admit` hears how large it is and throws when
   * there is no room for it.
   * @throws GateError NOT_FOUND, FOLDER_REFUSED, UNSUPPORTED_MEDIA_TYPE for what ComfyUI does not load
   */
  async copyToInput(row: OutputRow, accountId: string, admit: (bytes: number) => Promise<void>): Promise<string> {
    const folder = await this.#options.folders.findInput(accountId)
    if (folder === undefined) throw new GateError('FOLDER_REFUSED', 'Start ComfyUI once, then try again.')
    const opened = await this.open(row)
    try {
      return await copyIntoFolder(opened, row, folder, admit)
    } finally {
      await opened.handle.close()
    }
  }

  usageOf(accountId: string): Promise<{ files: number; bytes: number }> {
    return this.store.usageOf(accountId)
  }

  /**
   * Moves what was made and last brought back before into the bin, but for what is marked "keep". What cannot be moved now is passed over.
   * @returns how many files; @throws the first problem when none could be moved
   */
  expire(accountId: string, madeBeforeMs: number, atMost = Infinity): Promise<number> {
    return this.#removal.expire(accountId, madeBeforeMs, atMost)
  }

  /** Tells whose files changed. */
  onChange(listener: (accountId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells of files that are new or have another content. */
  onRecorded(listener: (rows: readonly OutputRow[]) => void): () => void {
    this.#recordListeners.add(listener)
    return () => this.#recordListeners.delete(listener)
  }

  /** Tells of files that are not in their folder any more. */
  onGone(listener: (row: OutputRow) => void): () => void {
    this.#goneListeners.add(listener)
    return () => this.#goneListeners.delete(listener)
  }

  /** May be called more than once. */
  async close(): Promise<void> {
    this.#stopListening()
    clearInterval(this.#timer)
    clearTimeout(this.#settling)
    await this.#recorder.close()
  }

  /** @throws GateError FOLDER_REFUSED */
  async #directoryOf(row: OutputRow): Promise<string> {
    if (row.root !== '') return row.root
    const place = await this.#options.folders.findOutput(row.account_id)
    if (place?.root === '') return place.directory
    throw new GateError('FOLDER_REFUSED', 'The folder with these files is not there at the moment.')
  }

  #gone(row: OutputRow): void {
    for (const listener of this.#goneListeners) listener(row)
    this.#changed(row.account_id)
    this.#background(this.shares.gone(row))
  }

  #lookSoon(): void {
    if (this.#settling !== undefined) return
    this.#settling = setTimeout(() => {
      this.#settling = undefined
      this.#background(this.#recorder.sweep())
    }, SETTLE_MS)
    this.#settling.unref()
  }

  /** Once an hour by itself. */
  async lookAfter(): Promise<void> {
    await this.#recorder.sweep(true)
    await this.#removal.purge()
  }

  #changed(accountId: string): void {
    for (const listener of [...this.#listeners]) listener(accountId)
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) =>
      this.#options.logger.error({ err: error }, 'the files of jobs could not be looked after'),
    )
  }
}
