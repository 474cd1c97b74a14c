import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
// eslint-disable-next-line no-restricted-imports -- compares the stand-in with the real driver
import type * as BetterSqlite3 from 'better-sqlite3'
import { Kysely, sql, SqliteDialect } from 'kysely'
import { afterEach, describe, expect, it } from 'vitest'

const require = createRequire(import.meta.url)
type Driver = new (file: string, options?: BetterSqlite3.Options) => BetterSqlite3.Database
// The same rules for both: the stand-in is right when Kysely and openDatabase cannot tell them apart.
const drivers: [string, Driver][] = [
  ['better-sqlite3', require('better-sqlite3')],
  ['the stand-in over libsql', require('../../../scripts/electron-runtime/sqliteAdapter.cjs')],
]

interface Tables {
  person: { id?: number; name: string; picture: Buffer | null; size: number | null }
}

const cleanups: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

function createFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sqlite-stand-in-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  return folder
}

describe.each(drivers)('%s', (_name, SqliteDatabase) => {
  async function openKysely(file = path.join(createFolder(), 'test.db')) {
    const raw = new SqliteDatabase(file)
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: raw }) })
    cleanups.push(() => db.destroy())
    await sql`pragma journal_mode = wal`.execute(db)
    await sql`create table if not exists person (id integer primary key, name text not null unique, picture blob, size real) strict`.execute(
      db,
    )
    return { db, raw, file }
  }

  const anna = { name: 'Anna', picture: Buffer.from([0, 255, 1]), size: 1.5 }

  it('gives back rows as they were put in, blobs as Buffer', async () => {
    const { db } = await openKysely()

    const inserted = await db.insertInto('person').values(anna).returningAll().executeTakeFirstOrThrow()
    const read = await db.selectFrom('person').selectAll().execute()

    expect(inserted).toEqual({ id: 1, ...anna })
    expect(read).toEqual([{ id: 1, ...anna }])
    expect(Object.keys(read[0]!)).toEqual(['id', 'name', 'picture', 'size'])
    expect(Buffer.isBuffer(read[0]!.picture)).toBe(true)
  })

  it('counts changed rows and gives the id of a new one', async () => {
    const { db } = await openKysely()
    await db.insertInto('person').values(anna).execute()

    const second = await db.insertInto('person').values({ name: 'Leo', picture: null, size: null }).executeTakeFirst()
    const updated = await db.updateTable('person').set({ size: 2 }).executeTakeFirst()
    const deleted = await db.deleteFrom('person').where('id', '=', 99).executeTakeFirst()

    expect(second.insertId).toBe(2n)
    expect(updated.numUpdatedRows).toBe(2n)
    expect(deleted.numDeletedRows).toBe(0n)
  })

  it('rolls a failed transaction back and commits a good one', async () => {
    const { db, raw } = await openKysely()
    const failing = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('person').values(anna).execute()
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(raw.inTransaction).toBe(false)
    expect(await db.selectFrom('person').selectAll().execute()).toEqual([])

    await db.transaction().execute((transaction) => transaction.insertInto('person').values(anna).execute())

    expect(await db.selectFrom('person').selectAll().execute()).toHaveLength(1)
  })

  it.each([
    ['SQLITE_CONSTRAINT_UNIQUE', "insert into person (name) values ('Anna')"],
    ['SQLITE_CONSTRAINT_NOTNULL', 'insert into person (name) values (null)'],
    ['SQLITE_CONSTRAINT_DATATYPE', "insert into person (name, size) values ('Mia', 'big')"],
    ['SQLITE_CONSTRAINT_UNIQUE', "insert into person (name) values ('Anna') returning id"],
    ['SQLITE_ERROR', 'select * from nothing'],
  ])('fails with %s', async (code, statement) => {
    const { db } = await openKysely()
    await db.insertInto('person').values(anna).execute()

    await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({ code })
  })

  it('enforces foreign keys from the start', async () => {
    const { db } = await openKysely()
    await sql`create table pet (owner integer not null references person (id))`.execute(db)

    await expect(sql`insert into pet values (7)`.execute(db)).rejects.toMatchObject({
      code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
    })
  })

  it.each([[true], [new Date(0)], [{ a: 1 }]])('refuses to bind %s instead of ending the process', async (value) => {
    const { raw } = await openKysely()

    expect(() => raw.prepare('select ?').all([value])).toThrow('SQLite3 can only bind')
  })

  it('refuses too few and too many values', async () => {
    const { raw } = await openKysely()

    expect(() => raw.prepare("select ?, '?' -- ?").all([])).toThrow('Too few')
    expect(() => raw.prepare("select ?, '?' -- ?").all([1, 2])).toThrow('Too many')
  })

  it('shows in data_version that another connection wrote, also after failed statements', async () => {
    const { db, file } = await openKysely()
    const readVersion = async () =>
      (await sql<{ data_version: number }>`pragma data_version`.execute(db)).rows[0]!.data_version
    await db.insertInto('person').values(anna).execute()
    await expect(db.insertInto('person').values(anna).execute()).rejects.toThrow('UNIQUE')
    const before = await readVersion()
    expect(await readVersion()).toBe(before)

    const other = new SqliteDatabase(file)
    other.prepare("insert into person (name) values ('Leo')").run([])
    other.close()

    expect(await readVersion()).not.toBe(before)
    expect(await db.selectFrom('person').selectAll().execute()).toHaveLength(2)
  })

  it('writes a snapshot with vacuum into', async () => {
    const { db, file } = await openKysely()
    await db.insertInto('person').values(anna).execute()

    await sql`vacuum into ${`${file}.copy`}`.execute(db)

    const copy = await openKysely(`${file}.copy`)
    expect(await copy.db.selectFrom('person').select('name').execute()).toEqual([{ name: 'Anna' }])
  })

  it('waits for the lock of another connection, then says busy', async () => {
    const { raw, file } = await openKysely()
    const other = new SqliteDatabase(file, { timeout: 200 })
    cleanups.push(() => void other.close())
    raw.exec('begin immediate')
    const startMs = performance.now()

    expect(() => other.exec('begin immediate')).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }))

    expect(performance.now() - startMs).toBeGreaterThan(150)
    raw.exec('rollback')
  })

  it('streams rows', async () => {
    const { db } = await openKysely()
    for (let count = 0; count < 250; count += 1) {
      await db
        .insertInto('person')
        .values({ ...anna, name: `Person ${count}` })
        .execute()
    }

    const names: string[] = []
    for await (const row of db.selectFrom('person').select('name').stream()) names.push(row.name)

    expect(names).toHaveLength(250)
  })

  it('refuses a damaged file, a missing folder, and a missing file that must exist', () => {
    const folder = createFolder()
    const damaged = path.join(folder, 'damaged.db')
    writeFileSync(damaged, 'x'.repeat(5000))
    const readDamaged = () => {
      const raw = new SqliteDatabase(damaged)
      cleanups.push(() => void raw.close())
      return raw.prepare('select * from sqlite_master').all([])
    }

    expect(readDamaged).toThrow(expect.objectContaining({ code: 'SQLITE_NOTADB' }))
    expect(() => new SqliteDatabase(path.join(folder, 'no', 'x.db'))).toThrow('directory does not exist')
    const missing = path.join(folder, 'missing.db')
    expect(() => new SqliteDatabase(missing, { fileMustExist: true })).toThrow('unable to open database file')
  })

  it('refuses writes when opened read-only, and everything when closed', async () => {
    const { file } = await openKysely()
    const reader = new SqliteDatabase(file, { readonly: true })

    expect(() => reader.prepare("insert into person (name) values ('x')").run([])).toThrow(
      expect.objectContaining({ code: 'SQLITE_READONLY' }),
    )
    reader.close()
    expect(reader.open).toBe(false)
    expect(() => reader.prepare('select 1')).toThrow('not open')
  })
})
