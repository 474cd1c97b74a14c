import type { Logger } from '../core/logger.ts'

export interface RevisionWatcher {
  /** Looks now instead of at the next turn. */
  check(): void
  close(): void
}

export interface RevisionWatcherOptions {
  readonly dataVersion: () => number
  /** Another process, or another connection of this one, has written something. */
  readonly onForeignChange: () => void
  /** Called at every turn: for what ends by time alone. */
  readonly onTick: () => void
  readonly logger: Logger
  readonly intervalMs: number
}

/**
 * Polls SQLite's data version, so that what the CLI writes holds in a running gate within a second. When the version
 * cannot be read, that counts as a change: caches are dropped and the next question goes to the database.
 */
export function watchRevision(options: RevisionWatcherOptions): RevisionWatcher {
  let seen = options.dataVersion()
  const check = (): void => {
    let version = Number.NaN
    try {
      version = options.dataVersion()
    } catch (error) {
      options.logger.error({ err: error }, 'the database version cannot be read')
    }
    if (version !== seen) {
      seen = version
      options.onForeignChange()
    }
    options.onTick()
  }
  const timer = setInterval(check, options.intervalMs)
  timer.unref()
  return { check, close: () => clearInterval(timer) }
}
