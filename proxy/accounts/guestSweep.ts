import type { Logger } from '../core/logger.ts'
import type { ChangeFeed } from '../database/changeFeed.ts'
import type { SettingsStore } from '../settings/settingsStore.ts'
import { system } from './actedBy.ts'
import type { Guests } from './guests.ts'

const SWEEP_MS = 60_000
/** Several changes at once are one. */
const SETTLE_MS = 50

export interface GuestSweepParts {
  readonly guests: Pick<Guests, 'isOpen' | 'listEnded' | 'hasEnded' | 'forget' | 'endAll'>
  readonly settings: Pick<SettingsStore, 'onChange'>
  readonly changes: Pick<ChangeFeed, 'on'>
  readonly logger: Logger
  /** Resolves when the engine has none of their jobs. @throws when it keeps one */
  readonly stopJobs: (accountId: string) => Promise<void>
  /** Deletes what they made and sent, as often as it is asked. @throws when something stays that may go later */
  readonly removeFiles: (accountId: string) => Promise<void>
}

/**
 * Deletes for good what guests leave behind: jobs, files, then the account, which stays until the rest is gone. So a
 * crash, or a drive that is away, leaves an account whose visit is over, and the next sweep goes on.
 */
export class GuestSweep {
  readonly #parts: GuestSweepParts
  readonly #stops: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | undefined
  #isClosed = false

  constructor(parts: GuestSweepParts) {
    this.#parts = parts
  }

  /** Sweeps now, each minute, and whenever somebody's visit ended; switched off, it sends everybody away. */
  start(): void {
    const { settings, changes } = this.#parts
    this.#stops.push(
      settings.onChange(() => this.#background(this.#followSwitch())),
      changes.on((resource) => {
        if (resource === 'users') this.#sweepSoon()
      }),
    )
    this.#timer = setInterval(() => this.#background(this.sweep()), SWEEP_MS)
    this.#timer.unref()
    this.#background(this.#followSwitch().then(() => this.sweep()))
  }

  /** Everybody whose visit is over, once. What could not be deleted now is tried again the next time. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepAll().finally(() => (this.#sweeping = undefined))
    return this.#sweeping
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    await this.#sweeping
  }

  async #followSwitch(): Promise<void> {
    const { guests } = this.#parts
    if (!guests.isOpen && !this.#isClosed) await guests.endAll(system)
  }

  #sweepSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      this.#background(this.sweep())
    }, SETTLE_MS).unref()
  }

  async #sweepAll(): Promise<void> {
    const { guests, stopJobs, removeFiles, logger } = this.#parts
    for (const { id } of await guests.listEnded()) {
      if (this.#isClosed) return
      try {
        await stopJobs(id)
        // An engine takes its time to end a job, and other programs write accounts too.
        if (!(await guests.hasEnded(id))) continue
        await removeFiles(id)
        await guests.forget(id)
      } catch (error) {
        logger.warn({ err: error, account: id }, 'what a guest made could not be deleted yet')
      }
    }
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#parts.logger.error({ err: error }, 'guests could not be looked after'))
  }
}
