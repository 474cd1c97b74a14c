import type { z } from 'zod'
import { outputDetailsSchema } from '../contract/outputs.ts'
import { GateError } from '../contract/errorCodes.ts'
import type { OpenedFile } from './openedFile.ts'
import type { OutputRow } from './outputStore.ts'
import type { PictureTask } from './pictureProtocol.ts'
import { unreadable } from './pictureWorkers.ts'
import type { Asker, PictureWorkers } from './pictureWorkers.ts'
import { readTextBlocks } from './textBlocks.ts'

const makingSchema = outputDetailsSchema.pick({ madeWith: true, hasWorkflow: true })
type Making = z.infer<typeof makingSchema>

/** 40 lines of 4000 characters are less. */
const MAX_MAKING_BYTES = 1024 * 1024
const nothingSaid: Making = { madeWith: [], hasWorkflow: false }

interface Asked {
  /** Who waits, and until when. */
  readonly asker: Asker
  readonly open: () => Promise<OpenedFile>
}

/** How pictures were made, as their texts say; read by a process that is ended when it takes too long over one. */
export class PictureTexts {
  readonly #workers: Pick<PictureWorkers, 'run' | 'close'>

  constructor(workers: Pick<PictureWorkers, 'run' | 'close'>) {
    this.#workers = workers
  }

  /** Empty for what says nothing or cannot be read. @throws GateError RATE_LIMITED, TOO_MANY_CONNECTIONS, as `open` */
  async describe(row: Pick<OutputRow, 'kind'>, asked: Asked): Promise<Making> {
    const bytes = await this.#ask(row, 'making', asked)
    return bytes === undefined || bytes.length > MAX_MAKING_BYTES ? nothingSaid : readMaking(bytes)
  }

  /** The workflow's text in UTF-8; undefined when there is none. @throws GateError as `describe` */
  workflow(row: Pick<OutputRow, 'kind'>, asked: Asked): Promise<Buffer | undefined> {
    return this.#ask(row, 'workflow', asked)
  }

  close(): void {
    this.#workers.close()
  }

  async #ask(
    row: Pick<OutputRow, 'kind'>,
    wanted: 'making' | 'workflow',
    { open, asker }: Asked,
  ): Promise<Buffer | undefined> {
    if (row.kind !== 'image') return undefined
    try {
      return await this.#workers.run(() => readTask(wanted, open), asker)
    } catch (error) {
      if (error instanceof GateError && error.code === 'UNSUPPORTED_MEDIA_TYPE') return undefined
      throw error
    }
  }
}

/** What the process says is not believed: somebody's picture may speak through it. */
function readMaking(bytes: Buffer): Making {
  try {
    return makingSchema.parse(JSON.parse(bytes.toString('utf8')))
  } catch {
    return nothingSaid
  }
}

/** @throws GateError UNSUPPORTED_MEDIA_TYPE for a file without texts, which is nobody's work; as `open` */
async function readTask(wanted: 'making' | 'workflow', open: () => Promise<OpenedFile>): Promise<PictureTask> {
  const { handle, bytes } = await open()
  try {
    const blocks = await readTextBlocks(handle, bytes)
    if (blocks.length === 0) throw unreadable()
    return { kind: 'texts', wanted, blocks }
  } finally {
    await handle.close()
  }
}
