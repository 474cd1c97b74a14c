'use strict'

/**
 * Stands in for better-sqlite3 on the fallback runtime, over libsql: better-sqlite3's binary aborts that older Node.
 * Only what a Kysely SqliteDialect and openDatabase use is here; everything else throws, so that nobody leans on a difference.
 */

const fs = require('node:fs')
const path = require('node:path')
const LibsqlDatabase = require('libsql')

const { SqliteError } = LibsqlDatabase
const DEFAULT_BUSY_TIMEOUT_MS = 5000

/** better-sqlite3's rule. libsql aborts the whole process on a boolean and drops Dates silently. */
function checkBindable(value) {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') return value
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null')
}

/** Counts `?` outside of strings, quoted names and comments. Named and numbered parameters are refused: libsql aborts on some. */
function countParameters(sql) {
  const code = sql.replace(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
    ' ',
  )
  if (/\?\d|[@:$]\w/.test(code)) throw new TypeError('Only ? parameters exist on the fallback runtime')
  return code.split('?').length - 1
}

/** libsql returns blobs as ArrayBuffer and adds a non-enumerable `_metadata`. */
function toRow(row) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof ArrayBuffer ? Buffer.from(value) : value]),
  )
}

/** libsql does not know every extended result code by name (sqlite.org/rescode.html). */
const NAMES_OF_RESULT_CODES = new Map([
  [3091, 'SQLITE_CONSTRAINT_DATATYPE'],
  [2835, 'SQLITE_CONSTRAINT_PINNED'],
])

function calling(call) {
  try {
    return call()
  } catch (error) {
    const name = error instanceof SqliteError ? NAMES_OF_RESULT_CODES.get(error.rawCode) : undefined
    throw name === undefined ? error : new SqliteError(error.message, name, error.rawCode)
  }
}

class Statement {
  #inner
  #parameterCount

  constructor(inner, database, sql) {
    this.#inner = inner
    this.#parameterCount = countParameters(sql)
    this.source = sql
    this.database = database
  }

  get reader() {
    return this.#inner.reader
  }

  #bind(parameters) {
    const bindings = parameters.flat().map(checkBindable)
    if (bindings.length < this.#parameterCount) throw new RangeError('Too few parameter values were provided')
    if (bindings.length > this.#parameterCount) throw new RangeError('Too many parameter values were provided')
    return bindings
  }

  #mustRead() {
    if (!this.reader) throw new TypeError('This statement does not return data. Use run() instead')
  }

  /** libsql leaves a row-returning statement open after run(), which blocks checkpoints: read such a statement to its end. */
  run(...parameters) {
    const bindings = this.#bind(parameters)
    if (!this.reader) {
      const { changes, lastInsertRowid } = calling(() => this.#inner.run(bindings))
      return { changes, lastInsertRowid }
    }
    calling(() => this.#inner.all(bindings))
    return this.database.prepare('select changes() as changes, last_insert_rowid() as lastInsertRowid').get()
  }

  all(...parameters) {
    return [...this.iterate(...parameters)]
  }

  /** Reads every row first: an abandoned libsql cursor would hold its read transaction until garbage collection. */
  *iterate(...parameters) {
    this.#mustRead()
    const bindings = this.#bind(parameters)
    yield* calling(() => this.#inner.all(bindings)).map(toRow)
  }

  get(...parameters) {
    return this.all(...parameters)[0]
  }
}

class Database {
  #inner

  constructor(file, options = {}) {
    const inMemory = file === ':memory:' || file === ''
    if (!inMemory && !fs.existsSync(path.dirname(path.resolve(file)))) {
      throw new TypeError('Cannot open database because the directory does not exist')
    }
    if (options.fileMustExist && !inMemory && !fs.existsSync(file)) {
      throw new SqliteError('unable to open database file', 'SQLITE_CANTOPEN', 14)
    }
    this.#inner = new LibsqlDatabase(inMemory ? ':memory:' : file)
    this.name = file
    this.memory = inMemory
    this.readonly = options.readonly === true
    this.#inner.exec(`PRAGMA busy_timeout = ${Number(options.timeout ?? DEFAULT_BUSY_TIMEOUT_MS)}`)
    this.#inner.exec('PRAGMA foreign_keys = ON')
    if (this.readonly) this.#inner.exec('PRAGMA query_only = ON')
  }

  get open() {
    return this.#inner.open
  }

  get inTransaction() {
    return this.open && this.#inner.inTransaction
  }

  #mustBeOpen() {
    if (!this.open) throw new TypeError('The database connection is not open')
  }

  prepare(sql) {
    this.#mustBeOpen()
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string')
    return new Statement(this.#inner.prepare(sql), this, sql)
  }

  exec(sql) {
    this.#mustBeOpen()
    calling(() => this.#inner.exec(sql))
    return this
  }

  pragma(source, options = {}) {
    const statement = this.prepare(`PRAGMA ${source}`)
    const rows = statement.reader ? statement.all() : (statement.run(), [])
    if (options.simple !== true) return rows
    return rows[0] === undefined ? undefined : Object.values(rows[0])[0]
  }

  close() {
    if (this.open) this.#inner.close()
    return this
  }
}

for (const missing of ['transaction', 'backup', 'serialize', 'function', 'aggregate', 'table', 'loadExtension']) {
  Database.prototype[missing] = () => {
    throw new Error(`Database.${missing}() does not exist on the fallback runtime`)
  }
}

module.exports = Database
module.exports.default = Database
module.exports.SqliteError = SqliteError
