import { GateError } from '../contract/errorCodes.ts'
import { thumbnailSizes } from '../contract/outputs.ts'
import type { Logger } from '../core/logger.ts'
import type { Outputs } from './outputs.ts'
import type { OutputRow } from './outputStore.ts'
import type { Thumbnails } from './thumbnails.ts'

/** Of more new pictures than these, the older ones get their preview when somebody looks. */
const MAX_WAITING = 200

export interface PrepareThumbnailsOptions {
  readonly outputs: Pick<Outputs, 'open' | 'onRecorded' | 'onGone'>
  readonly thumbnails: Pick<Thumbnails, 'prepare' | 'forget' | 'trim'>
  readonly logger: Logger
  readonly listAccounts: () => Promise<readonly { readonly id: string }[]>
}

/**
 * Makes the small preview of a new picture before anybody asks, one at a time, and removes previews of files that are
 * gone. @returns a function that ends it
 */
export function prepareThumbnails({ outputs, thumbnails, logger, listAccounts }: PrepareThumbnailsOptions): () => void {
  const waiting: OutputRow[] = []
  let isWorking = false
  const warn = (error: unknown): void => logger.warn({ err: error }, 'previews could not be looked after')

  const work = async (): Promise<void> => {
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
      const next = row
      await thumbnails
        .prepare(next, thumbnailSizes[0], () => outputs.open(next))
        .catch((error: unknown) => {
          // Whoever looks at it hears why.
          if (!(error instanceof GateError)) warn(error)
        })
    }
  }
  const unsubscribe = [
    outputs.onRecorded((rows) => {
      waiting.push(...rows.filter(({ kind }) => kind === 'image'))
      waiting.splice(0, Math.max(0, waiting.length - MAX_WAITING))
      if (isWorking) return
      isWorking = true
      void work().finally(() => {
        isWorking = false
      })
    }),
    outputs.onGone((row) => void thumbnails.forget(row).catch(warn)),
  ]
  const trim = async (): Promise<void> => {
    const ids = new Set((await listAccounts()).map(({ id }) => id))
    await thumbnails.trim((id) => ids.has(id))
  }
  trim().catch(warn)
  return () => {
    for (const stop of unsubscribe) stop()
    waiting.length = 0
  }
}
