import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { thumbnailSizes } from '../contract/outputs.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { Logger } from '../core/logger.ts'
import type { Random } from '../core/random.ts'
import type { OpenedFile } from './openedFile.ts'
import type { OutputRow } from './outputStore.ts'
import { unreadable } from './pictureWorkers.ts'
import type { Asker, PictureWorkers } from './pictureWorkers.ts'
import { readAt } from './readAt.ts'

export interface ThumbnailsOptions {
  /** Below the data folder. */
  readonly directory: string
  readonly workers: Pick<PictureWorkers, 'run' | 'close'>
  /** For what nobody waits for. */
  readonly patientWorkers: Pick<PictureWorkers, 'run' | 'close'>
  readonly random: Random
  readonly logger: Logger
  /** What all previews together may take. */
  readonly maxBytes?: number
  readonly maxPixels?: number
}

const MAX_BYTES = 512 * 1024 * 1024
/** Written anew it may be larger than it was. */
const MAX_CLEAN_BYTES = 2 * 64 * 1024 * 1024
/** A file that is larger is not read into memory for a preview. */
const MAX_SOURCE_BYTES = 64 * 1024 * 1024
const MAX_PIXELS = 128 * 1024 * 1024
/** Looked at again after so many new ones. */
const TRIM_EVERY = 500
/** Pictures that no preview can be made of are not tried again while this program runs. */
const MAX_REMEMBERED = 10_000

type Workers = Pick<PictureWorkers, 'run'>

interface Making {
  readonly size: number
  readonly open: () => Promise<OpenedFile>
  readonly workers: Workers
  readonly asker: Asker | undefined
}

interface UnderWay {
  readonly work: Promise<Buffer>
  readonly asker: Asker | undefined
}

/** Previews of pictures, kept on disk so that each is decoded once, by processes of their own. */
export class Thumbnails {
  readonly #options: ThumbnailsOptions
  readonly #underWay = new Map<string, UnderWay>()
  readonly #unreadable = new Set<string>()
  #written = 0
  #trimming: Promise<void> | undefined

  constructor(options: ThumbnailsOptions) {
    this.#options = options
  }

  /** Makes it before anybody asks. @throws GateError as `get` */
  async prepare(row: OutputRow, size: number, open: () => Promise<OpenedFile>): Promise<void> {
    await this.#get(row, { size, open, workers: this.#options.patientWorkers, asker: undefined })
  }

  /**
   * A WebP picture as wide as `size`, or smaller. `open` is asked only when there is none yet.
   * @throws GateError UNSUPPORTED_MEDIA_TYPE for what is no picture, RATE_LIMITED, TOO_MANY_CONNECTIONS, NOT_FOUND,
   * FOLDER_REFUSED
   */
  get(row: OutputRow, size: number, asker: Asker, open: () => Promise<OpenedFile>): Promise<Buffer> {
    return this.#get(row, { size, open, asker, workers: this.#options.workers })
  }

  async #get(row: OutputRow, making: Making): Promise<Buffer> {
    const path = this.#pathOf(row, making.size)
    if (row.removed_at_ms === null) {
      const kept = await readFile(path).catch(() => undefined)
      if (kept !== undefined) return kept
    }
    if (row.kind !== 'image' || this.#unreadable.has(path)) throw unreadable()
    const underWay = this.#underWay.get(path)
    if (underWay !== undefined) return this.#share(underWay, row, making)
    const work = this.#make(row, path, making).finally(() => this.#underWay.delete(path))
    this.#underWay.set(path, { work, asker: making.asker })
    return work
  }

  /** Somebody else's, unless they went away before it was their turn. */
  async #share(underWay: UnderWay, row: OutputRow, making: Making): Promise<Buffer> {
    try {
      return await underWay.work
    } catch (error) {
      if (underWay.asker?.gone.aborted !== true || making.asker?.gone.aborted === true) throw error
      return this.#get(row, making)
    }
  }

  /** A picture that somebody sent, as a small WebP without anything but the picture. @throws GateError as `get` */
  shrink(asker: Asker, bytes: Buffer, size: number): Promise<Buffer> {
    const { workers, maxPixels = MAX_PIXELS } = this.#options
    return workers.run(() => Promise.resolve({ kind: 'thumbnail', size, maxPixels, bytes }), asker)
  }

  /** The picture without texts and Exif. @throws GateError as `get` */
  async withoutMetadata(asker: Asker, open: () => Promise<OpenedFile>): Promise<Buffer> {
    const { workers, maxPixels = MAX_PIXELS } = this.#options
    const picture = await workers.run(async () => {
      return { kind: 'withoutMetadata', maxPixels, bytes: await readWhole(await open()) }
    }, asker)
    if (picture.length > MAX_CLEAN_BYTES) throw unreadable()
    return picture
  }

  /** Its file is gone. */
  async forget(row: OutputRow): Promise<void> {
    await Promise.all(thumbnailSizes.map((size) => rm(this.#pathOf(row, size), { force: true })))
  }

  /** Everything of this account is gone. */
  async forgetAll(accountId: string): Promise<void> {
    await rm(this.#folderOf(accountId), { recursive: true, force: true })
  }

  /** Removes what was asked for longest ago, when all of them take too much, and what belongs to nobody any more. */
  trim(isAccount: (id: string) => boolean): Promise<void> {
    this.#trimming ??= this.#trim(isAccount).finally(() => {
      this.#trimming = undefined
    })
    return this.#trimming
  }

  async close(): Promise<void> {
    this.#options.workers.close()
    this.#options.patientWorkers.close()
    await Promise.allSettled([...[...this.#underWay.values()].map(({ work }) => work), this.#trimming])
  }

  async #make(row: OutputRow, path: string, { size, open, workers, asker }: Making): Promise<Buffer> {
    const { maxPixels = MAX_PIXELS } = this.#options
    try {
      const bytes = await workers.run(async () => {
        return { kind: 'thumbnail', size, maxPixels, bytes: await readWhole(await open()) }
      }, asker)
      await this.#keep(row, path, bytes)
      return bytes
    } catch (error) {
      if (error instanceof GateError && error.code === 'UNSUPPORTED_MEDIA_TYPE') this.#remember(path)
      throw error
    }
  }

  /** A preview that cannot be kept is made again. */
  async #keep(row: OutputRow, path: string, bytes: Buffer): Promise<void> {
    const unfinished = `${path}.${this.#options.random.id(8)}`
    try {
      await mkdir(this.#folderOf(row.account_id), { recursive: true, mode: 0o700 })
      await writeFile(unfinished, bytes, { mode: 0o600, flag: 'wx' })
      await rename(unfinished, path)
      this.#written += 1
      if (this.#written % TRIM_EVERY === 0) await this.trim(() => true)
    } catch (error) {
      await rm(unfinished, { force: true })
      this.#options.logger.warn({ err: error }, 'a preview could not be kept')
    }
  }

  #remember(path: string): void {
    if (this.#unreadable.size >= MAX_REMEMBERED) this.#unreadable.clear()
    this.#unreadable.add(path)
  }

  /** Another content is another name, so that nobody sees the old one. */
  #pathOf(row: OutputRow, size: number): string {
    const version = `${row.made_at_ms.toString(36)}-${row.bytes.toString(36)}`
    return join(this.#folderOf(row.account_id), `${row.id}-${version}-${size}.webp`)
  }

  #folderOf(accountId: string): string {
    return join(this.#options.directory, accountId)
  }

  async #trim(isAccount: (id: string) => boolean): Promise<void> {
    const { directory, maxBytes = MAX_BYTES } = this.#options
    const kept: { path: string; bytes: number; atMs: number }[] = []
    for (const account of await readdir(directory).catch(() => [])) {
      if (!isAccount(account)) {
        await rm(join(directory, account), { recursive: true, force: true })
        continue
      }
      for (const name of await readdir(join(directory, account))) {
        const path = join(directory, account, name)
        const stats = await stat(path).catch(() => undefined)
        if (stats !== undefined) kept.push({ path, bytes: stats.size, atMs: stats.mtimeMs })
      }
    }
    let all = kept.reduce((sum, { bytes }) => sum + bytes, 0)
    if (all <= maxBytes) return
    for (const { path, bytes } of kept.sort((a, b) => a.atMs - b.atMs)) {
      if (all <= maxBytes * 0.8) return
      await rm(path, { force: true })
      all -= bytes
    }
  }
}

async function readWhole({ handle, bytes }: OpenedFile): Promise<Buffer> {
  try {
    if (bytes > MAX_SOURCE_BYTES) throw unreadable()
    return await readAt(handle, 0, bytes)
  } finally {
    await handle.close()
  }
}
