import type { OpenedFile } from './openedFile.ts'
import { outputGone } from './outputs.ts'
import type { OutputRow } from './outputStore.ts'
import type { Asker } from './pictureWorkers.ts'
import type { Thumbnails } from './thumbnails.ts'

const MAX_BYTES = 48 * 1024 * 1024
/** A larger one is made each time. */
const MAX_ONE_BYTES = 12 * 1024 * 1024
/** File systems of sticks keep times in steps of two seconds (exFAT). */
const SAME_TIME_MS = 2_000

/**
 * Pictures as others get them: written anew without texts, Exif and colour profiles. The last ones stay in memory, never
 * on the disk, so that nothing of a removed picture is left.
 */
export class CleanPictures {
  readonly #thumbnails: Pick<Thumbnails, 'withoutMetadata'>
  readonly #maxBytes: number
  /** The one asked for last comes last. */
  readonly #kept = new Map<string, Buffer>()
  #bytes = 0

  constructor(thumbnails: Pick<Thumbnails, 'withoutMetadata'>, maxBytes = MAX_BYTES) {
    this.#thumbnails = thumbnails
    this.#maxBytes = maxBytes
  }

  /**
   * `open` is asked each time: what is not there any more, or has another content than was shown, is given to nobody.
   * @throws GateError NOT_FOUND, and as `Thumbnails.withoutMetadata`
   */
  async get(row: OutputRow, asker: Asker, open: () => Promise<OpenedFile>): Promise<Buffer> {
    const key = `${row.id}-${row.made_at_ms}-${row.bytes}`
    const opened = await open()
    const known = isAsRecorded(row, opened) ? this.#kept.get(key) : await closeAndRefuse(opened)
    if (known !== undefined) {
      await opened.handle.close()
      this.#keep(key, known)
      return known
    }
    // Its turn may come late, and meanwhile nothing is held open.
    await opened.handle.close()
    const picture = await this.#thumbnails.withoutMetadata(asker, async () => {
      const again = await open()
      return isAsRecorded(row, again) ? again : closeAndRefuse(again)
    })
    this.#keep(key, picture)
    return picture
  }

  #keep(key: string, picture: Buffer): void {
    if (picture.length > Math.min(MAX_ONE_BYTES, this.#maxBytes)) return
    this.#drop(key)
    this.#kept.set(key, picture)
    this.#bytes += picture.length
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.length ?? 0
    this.#kept.delete(key)
  }
}

/** A job may have written another picture under the same name, which nobody has shown. */
const isAsRecorded = (row: OutputRow, { bytes, changedAtMs }: OpenedFile): boolean =>
  bytes === row.bytes && Math.abs(changedAtMs - row.made_at_ms) <= SAME_TIME_MS

async function closeAndRefuse({ handle }: OpenedFile): Promise<never> {
  await handle.close()
  throw outputGone()
}
