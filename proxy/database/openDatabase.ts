import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import BetterSqlite3 from 'better-sqlite3'
import { CompiledQuery, Kysely, SqliteAdapter, SqliteDialect, SqliteDriver } from 'kysely'
import type { DatabaseConnection, DialectAdapter, Driver } from 'kysely'
import { GateError } from '../contract/errorCodes.ts'
import { codeOf, hasCode } from '../core/systemErrors.ts'
import type { Schema } from './schema.ts'

/*
 * The database: one SQLite file in the data folder. This folder owns the file, its rights, its schema and the lock
 * of the folder; it knows nothing of what the rows mean. This file alone names the driver, and uses only what the
 * driver of other runtimes has too: prepare, all, run, iterate, close.
 */

/** The open file. */
export interface Database {
  readonly kysely: Kysely<Schema>
  readonly file: string
  /** Changes when another connection, in this process or another one, has committed something. */
  dataVersion(): number
  /**
   * Foreign keys are not enforced while `work` runs: SQLite changes a table by making it anew, and dropping the old one
   * would delete whatever refers to it. Only for what checks them itself; within a transaction it has no effect.
   */
  withoutForeignKeys<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * Resolves when everything committed before the call survives a loss of power: with `synchronous = normal` SQLite
   * itself waits for that only when it moves the log of writes into the file.
   */
  makeDurable(): Promise<void>
  /** Writes a consistent copy to `file` (0600), atomically. */
  snapshot(file: string): Promise<void>
  /** May be called more than once. */
  close(): Promise<void>
}

const BUSY_TIMEOUT_MS = 5000

/** Every transaction takes the write lock when it begins: a deferred one that reads first can only fail when it writes. */
class ImmediateSqliteDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
}

/** SQLite can roll back changes of the schema; kysely's own adapter does not use it, and a failed migration would stay half done. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class ImmediateSqliteDialect extends SqliteDialect {
  readonly #database: BetterSqlite3.Database

  constructor(database: BetterSqlite3.Database) {
    super({ database })
    this.#database = database
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalDdlAdapter()
  }

  override createDriver(): Driver {
    return new ImmediateSqliteDriver({ database: this.#database })
  }
}

/** Makes the file first, so that SQLite gives its -wal and -shm the same rights. */
function createPrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
}

function configure(driver: BetterSqlite3.Database): void {
  // By `exec`: whether a pragma that sets something returns a row differs between the drivers.
  driver.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`)
  for (const pragma of ['journal_mode = wal', 'synchronous = normal', 'foreign_keys = on', 'secure_delete = on']) {
    driver.exec(`pragma ${pragma}`)
  }
  const rows: unknown[] = driver.prepare('pragma quick_check(1)').all()
  const first = rows[0]
  const verdict: unknown = typeof first === 'object' && first !== null ? Object.values(first)[0] : undefined
  if (verdict !== 'ok') throw new Error(`quick_check: ${String(verdict)}`)
}

function readNumber(driver: BetterSqlite3.Database, pragma: 'data_version' | 'foreign_keys'): number {
  const rows: unknown[] = driver.prepare(`pragma ${pragma}`).all()
  const row = rows[0]
  const value: unknown = typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined
  if (typeof value !== 'number') throw new TypeError(`pragma ${pragma} gave no number`)
  return value
}

function enforceForeignKeys(driver: BetterSqlite3.Database, isOn: boolean): void {
  driver.exec(`pragma foreign_keys = ${isOn ? 'on' : 'off'}`)
  // In a transaction SQLite ignores it without a word.
  if (readNumber(driver, 'foreign_keys') !== Number(isOn)) throw new Error('the foreign keys could not be switched')
}

/** The log of writes carries no lock of SQLite's, so that opening and closing it beside SQLite takes none away. */
async function syncWriteAheadLog(file: string): Promise<void> {
  try {
    const handle = await open(file, 'r+')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    // Without the log everything is in the file itself, which SQLite has synced.
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

const isBusy = (error: unknown): boolean => codeOf(error)?.startsWith('SQLITE_BUSY') === true

/**
 * Opens (or makes) the database file; the schema is `migrate`'s business.
 * @throws GateError DATABASE_REFUSED when the file is damaged or is no database
 */
export function openDatabase(file: string): Database {
  createPrivateFile(file)
  let driver: BetterSqlite3.Database | undefined
  try {
    driver = new BetterSqlite3(file, { timeout: BUSY_TIMEOUT_MS })
    configure(driver)
  } catch (cause) {
    driver?.close()
    if (isBusy(cause)) {
      throw new GateError('DATABASE_REFUSED', 'Another program holds the database. Try again in a moment.', { cause })
    }
    throw new GateError(
      'DATABASE_REFUSED',
      `The database ${file} is damaged or cannot be read, so nothing was started. Older copies are in the folder "backups" beside it.`,
      { cause },
    )
  }
  const opened = driver
  const kysely = new Kysely<Schema>({ dialect: new ImmediateSqliteDialect(opened) })
  let closing: Promise<void> | undefined
  return {
    kysely,
    file,
    dataVersion: () => readNumber(opened, 'data_version'),
    withoutForeignKeys: async (work) => {
      enforceForeignKeys(opened, false)
      try {
        return await work()
      } finally {
        enforceForeignKeys(opened, true)
      }
    },
    makeDurable: () => syncWriteAheadLog(`${file}-wal`),
    snapshot: async (target) => {
      const unfinished = `${target}.unfinished`
      rmSync(unfinished, { force: true })
      createPrivateFile(unfinished)
      await kysely.executeQuery(CompiledQuery.raw('vacuum into ?', [unfinished]))
      chmodSync(unfinished, 0o600)
      renameSync(unfinished, target)
    },
    close: () => {
      closing ??= kysely.destroy()
      return closing
    },
  }
}
