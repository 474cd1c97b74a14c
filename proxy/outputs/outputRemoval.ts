import { GateError } from '../contract/errorCodes.ts'
import type { Clock } from '../core/clock.ts'
import { KeyedTurns } from '../core/keyedTurns.ts'
import type { Logger } from '../core/logger.ts'
import { DAY_MS } from '../core/time.ts'
import { openInside } from './openedFile.ts'
import type { OpenedFile } from './openedFile.ts'
import type { After, OutputRow, OutputStore } from './outputStore.ts'
import { checkMounted, deleteFromBin, isInBin, moveFromBin, moveToBin } from './removedFiles.ts'

/** Removed files come back within this time. */
export const BIN_MS = 7 * DAY_MS
const AT_ONCE = 200

export interface OutputRemovalParts {
  readonly store: OutputStore
  readonly clock: Clock
  readonly logger: Logger
  /** @throws GateError FOLDER_REFUSED */
  readonly directoryOf: (row: OutputRow) => Promise<string>
  /** It is in its folder no more, or the entry is none any more. */
  readonly onGone: (row: OutputRow) => void
  readonly onChange: (accountId: string) => void
}

/**
 * Takes files away and brings them back. Of one person's only one is moved at a time, by what is known of it then: who
 * comes second would move another file that has the name meanwhile, or clear away what the first put into the bin.
 */
export class OutputRemoval {
  readonly #parts: OutputRemovalParts
  readonly #turns = new KeyedTurns()

  constructor(parts: OutputRemovalParts) {
    this.#parts = parts
  }

  /** For a file that was missed: by what is known now; undefined: its entry is gone. @throws GateError FOLDER_REFUSED */
  async openOrForget(row: OutputRow): Promise<OpenedFile | undefined> {
    return this.#inTurn(row, async (current) => {
      if (current.removed_at_ms !== null) return undefined
      const directory = await this.#parts.directoryOf(current)
      const opened = await openInside(directory, current)
      if (opened === undefined) await this.#forgetVanished(current, directory)
      return opened
    })
  }

  /** Into the person's bin. @returns false when it is gone or there already; @throws GateError FOLDER_REFUSED */
  async remove(row: OutputRow): Promise<boolean> {
    return (await this.#inTurn(row, (current) => this.#removeNow(current))) === true
  }

  /** Out of the bin again. @returns false when it is not there any more; @throws GateError FOLDER_REFUSED */
  async restore(row: OutputRow): Promise<boolean> {
    const { store, clock, directoryOf, onChange } = this.#parts
    const isBack = await this.#inTurn(row, async (current) => {
      if (current.removed_at_ms === null) return false
      const directory = await directoryOf(current)
      const isMoved = await moveFromBin(directory, current, current.id, (name) =>
        store.setInPlace(current.id, name, clock.nowMs()),
      )
      if (!isMoved) await checkMounted(directory)
      if (!isMoved) await store.delete(current.id)
      onChange(current.account_id)
      return isMoved
    })
    return isBack === true
  }

  /**
   * For good, out of the bin; not when it was brought back, or removed anew, since `row` was read.
   * @returns false when it was not deleted; @throws GateError FOLDER_REFUSED
   */
  async deleteRemoved(row: OutputRow): Promise<boolean> {
    const isDeleted = await this.#inTurn(
      row,
      async (current) => current.removed_at_ms === row.removed_at_ms && this.#purgeNow(current, Infinity),
    )
    return isDeleted === true
  }

  /**
   * Moves what was made and last brought back before into the bin, but for what is marked "keep". What cannot be moved now is passed over.
   * @returns how many files; @throws the first problem when none could be moved
   */
  async expire(accountId: string, madeBeforeMs: number, atMost: number): Promise<number> {
    const problems: unknown[] = []
    let [count, after]: [number, After | undefined] = [0, undefined]
    while (count < atMost) {
      const rows = await this.#parts.store.listExpired(
        accountId,
        madeBeforeMs,
        Math.min(AT_ONCE, atMost - count),
        after,
      )
      for (const row of rows) {
        try {
          if (await this.#expireOne(row)) count += 1
        } catch (error) {
          problems.push(error)
        }
      }
      const last = rows.at(-1)
      if (last === undefined) break
      after = { madeAtMs: last.made_at_ms, id: last.id }
    }
    if (count === 0 && problems[0] instanceof Error) throw problems[0]
    return count
  }

  /** Really deletes what nobody brought back in time. */
  async purge(): Promise<void> {
    const { store, clock, logger } = this.#parts
    const beforeMs = clock.nowMs() - BIN_MS
    let after: { readonly removedAtMs: number; readonly id: string } | undefined
    for (;;) {
      const rows = await store.listRemovedBefore(beforeMs, AT_ONCE, after)
      for (const row of rows) {
        await this.#inTurn(row, (current) => this.#purgeNow(current, beforeMs)).catch((error: unknown) => {
          // What lies on a drive that is away is deleted when it is there again.
          if (error instanceof GateError && error.code === 'FOLDER_REFUSED') return
          logger.error({ err: error, output: row.id }, 'a removed file could not be deleted')
        })
      }
      const last = rows.at(-1)
      if (last === undefined) return
      after = { removedAtMs: last.removed_at_ms ?? 0, id: last.id }
    }
  }

  /** `action` gets the entry as it is then; not called when there is none. */
  #inTurn<Result>(
    { id, account_id }: OutputRow,
    action: (current: OutputRow) => Promise<Result>,
  ): Promise<Result | undefined> {
    return this.#turns.run(account_id, async () => {
      const current = await this.#parts.store.find(id)
      return current === undefined ? undefined : action(current)
    })
  }

  async #removeNow(row: OutputRow): Promise<boolean> {
    if (row.removed_at_ms !== null) return false
    const directory = await this.#parts.directoryOf(row)
    const opened = await openInside(directory, row)
    if (opened === undefined) {
      await this.#forgetVanished(row, directory)
      return false
    }
    // Windows does not move what is open.
    await opened.handle.close()
    // The file first: an entry whose file lies in the bin counts as removed.
    await moveToBin(directory, opened, row.id)
    await this.#parts.store.setRemoved(row.id, this.#parts.clock.nowMs())
    this.#parts.onGone(row)
    return true
  }

  /** Somebody may have marked it or brought it back, or a job written it anew, since it was listed. */
  async #expireOne(listed: OutputRow): Promise<boolean> {
    const isGone = await this.#inTurn(listed, async (row) => {
      const isAsListed = row.made_at_ms === listed.made_at_ms && row.restored_at_ms === listed.restored_at_ms
      return row.keep === 0 && isAsListed && this.#removeNow(row)
    })
    return isGone === true
  }

  async #purgeNow(row: OutputRow, beforeMs: number): Promise<boolean> {
    if (row.removed_at_ms === null || row.removed_at_ms >= beforeMs) return false
    const directory = await this.#parts.directoryOf(row)
    if (!(await deleteFromBin(directory, row.id))) await checkMounted(directory)
    await this.#parts.store.delete(row.id)
    this.#parts.onChange(row.account_id)
    return true
  }

  /** Somebody took the file away, or the program ended between moving it and writing that down. */
  async #forgetVanished(row: OutputRow, directory: string): Promise<void> {
    const { store, clock, onGone } = this.#parts
    if (await isInBin(directory, row.id)) {
      await store.setRemoved(row.id, clock.nowMs())
    } else {
      await checkMounted(directory)
      await store.delete(row.id)
    }
    onGone(row)
  }
}
