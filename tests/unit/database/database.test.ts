import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Migration } from 'kysely'
import { describe, expect, test } from 'vitest'
import { migrate, migrations } from '../../../proxy/database/migrate.ts'
import { openDatabase } from '../../../proxy/database/openDatabase.ts'
import type { Database } from '../../../proxy/database/openDatabase.ts'
import { createMovableClock } from '../../support/storesFixture.ts'

interface Fixtures {
  directory: string
  open: (name?: string) => Database
}

const it = test.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  directory: async ({}, use) => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-database-'))
    await use(directory)
    rmSync(directory, { recursive: true })
  },
  open: async ({ directory }, use) => {
    const opened: Database[] = []
    await use((name = 'gatehouse.db') => {
      const database = openDatabase(join(directory, name))
      opened.push(database)
      return database
    })
    for (const database of opened) await database.close()
  },
})

const addTable = (name: string): Migration => ({
  up: async (kysely) => {
    await sql.raw(`create table ${name} (id integer)`).execute(kysely)
  },
})

const options = (directory: string, more: Record<string, Migration> = {}) => ({
  clock: createMovableClock(),
  backupsDirectory: join(directory, 'backups'),
  migrations: { ...migrations, ...more },
})

describe('the database', () => {
  it('belongs to its user alone, with its -wal and -shm', async ({ directory, open }) => {
    const database = open()
    await migrate(database, options(directory))

    const files = readdirSync(directory).filter((name) => name.startsWith('gatehouse.db'))
    expect(files.sort()).toEqual(['gatehouse.db', 'gatehouse.db-shm', 'gatehouse.db-wal'])
    for (const name of files) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
  })

  it('shows what another connection wrote, and not its own writes', async ({ directory, open }) => {
    const one = open()
    await migrate(one, options(directory))
    const other = open()
    const before = one.dataVersion()
    await one.kysely.insertInto('meta').values({ name: 'secretStore', value: 'own' }).execute()
    expect(one.dataVersion()).toBe(before)

    await other.kysely.insertInto('meta').values({ name: 'dataFolderId', value: 'other' }).execute()

    expect(one.dataVersion()).not.toBe(before)
  })

  it.for([
    ['is no database', 'this is a text, and long enough to be taken for a header of a file'],
    ['is cut off', 'SQLite format 3\0'],
  ] as const)('that %s is refused and left alone', ([, content], { directory, open }) => {
    writeFileSync(join(directory, 'gatehouse.db'), content.padEnd(5000, 'x'))

    expect(() => open()).toThrow(expect.objectContaining({ code: 'DATABASE_REFUSED' }))
  })

  it('with a damaged page is refused', async ({ directory, open }) => {
    const database = open()
    await migrate(database, options(directory))
    for (let row = 0; row < 500; row += 1) {
      await database.kysely
        .insertInto('meta')
        .values({ name: `secretCheck:${row}`, value: 'x'.repeat(200) })
        .execute()
    }
    await database.snapshot(join(directory, 'copy.db'))
    const { openSync, writeSync, closeSync } = await import('node:fs')
    const handle = openSync(join(directory, 'copy.db'), 'r+')
    for (let page = 3; page < 20; page += 1) writeSync(handle, Buffer.alloc(2000, 0xa5), 0, 2000, page * 4096)
    closeSync(handle)

    expect(() => open('copy.db')).toThrow(expect.objectContaining({ code: 'DATABASE_REFUSED' }))
  })

  it('takes the write lock when a transaction begins', async ({ directory, open }) => {
    const one = open()
    await migrate(one, options(directory))
    const other = open()
    await sql`pragma busy_timeout = 0`.execute(other.kysely).catch(() => undefined)

    await one.kysely.transaction().execute(async () => {
      await expect(other.kysely.transaction().execute(() => Promise.resolve())).rejects.toThrow(/locked/)
    })
  })
})

describe('migrations', () => {
  it('copy an existing database before they change it, and nothing for a new one', async ({ directory, open }) => {
    const database = open()
    await migrate(database, options(directory))
    expect(readdirSync(directory)).not.toContain('backups')
    await database.kysely.insertInto('meta').values({ name: 'dataFolderId', value: 'kept' }).execute()

    await migrate(database, options(directory, { '0900_more': addTable('more') }))

    const [copy = ''] = readdirSync(join(directory, 'backups'))
    expect(copy).toMatch(/^upgrade-2026-11-01T12-00-00-000Z-\d{4}_\w+\.db$/)
    expect(statSync(join(directory, 'backups', copy)).mode & 0o777).toBe(0o600)
    const old = open(join('backups', copy))
    expect(await old.kysely.selectFrom('meta').selectAll().execute()).toEqual([{ name: 'dataFolderId', value: 'kept' }])
    expect((await old.kysely.introspection.getTables()).map((table) => table.name)).not.toContain('more')
  })

  it('keep the five newest copies, and no other file is touched', async ({ directory, open }) => {
    const database = open()
    await migrate(database, options(directory))
    mkdirSync(join(directory, 'backups'))
    writeFileSync(join(directory, 'backups', 'mine.db'), '')
    const more: Record<string, Migration> = {}
    const clock = createMovableClock()
    for (let number = 2; number <= 9; number += 1) {
      more[`090${number}_more`] = addTable(`more${number}`)
      clock.advance(1000)
      await migrate(database, { ...options(directory, more), clock })
    }

    const copies = readdirSync(join(directory, 'backups'))
    expect(copies).toContain('mine.db')
    expect(copies.filter((name) => name.startsWith('upgrade-')).map((name) => name.slice(-12))).toEqual(
      [4, 5, 6, 7, 8].map((number) => `090${number}_more.db`),
    )
  })

  it('refuse a newer schema in words and change nothing', async ({ directory, open }) => {
    const database = open()
    await migrate(database, options(directory, { '0900_future': addTable('future') }))
    const before = database.dataVersion()

    await expect(migrate(database, options(directory))).rejects.toMatchObject({
      code: 'DATABASE_REFUSED',
      message: expect.stringContaining('newer Gatehouse'),
    })
    expect(database.dataVersion()).toBe(before)
  })

  it('leave the database as it was when one fails', async ({ directory, open }) => {
    const database = open()
    await migrate(database, options(directory))
    const failing: Migration = {
      up: async (kysely) => {
        await sql`create table half (id integer)`.execute(kysely)
        throw new Error('no')
      },
    }

    await expect(migrate(database, options(directory, { '0900_fails': failing }))).rejects.toMatchObject({
      code: 'DATABASE_REFUSED',
    })

    expect((await database.kysely.introspection.getTables()).map((table) => table.name)).not.toContain('half')
    await migrate(database, options(directory))
  })

  describe('that make a table anew', () => {
    /** SQLite cannot widen a check in place. */
    const rebuildAccounts: Migration = {
      up: async (kysely) => {
        const { rows } = await sql<{ sql: string }>`
          select sql from sqlite_schema where name in ('accounts', 'engine_crashes_of_a_removed_account') order by type
        `.execute(kysely)
        const [table = '', trigger = ''] = rows.map((row) => row.sql)
        const wider = table.replace(/table "?accounts"?/i, 'table accounts_anew').replace('(0, 1)', '(0, 1, 2)')
        for (const statement of [
          wider,
          'insert into accounts_anew select * from accounts',
          'drop table accounts',
          'alter table accounts_anew rename to accounts',
          trigger,
        ]) {
          await sql.raw(statement).execute(kysely)
        }
      },
    }
    const countAll = async ({ kysely }: Database): Promise<Record<string, number>> => {
      const tables = ['accounts', 'sessions', 'api_keys', 'user_folders', 'outputs', 'folder_rules'] as const
      const counts: Record<string, number> = {}
      for (const table of tables) counts[table] = (await kysely.selectFrom(table).selectAll().execute()).length
      return counts
    }
    const eachOnce = { accounts: 1, sessions: 1, api_keys: 1, user_folders: 1, outputs: 1, folder_rules: 1 }
    const removeMia = ({ kysely }: Database) => kysely.deleteFrom('accounts').where('id', '=', mia).execute()

    it('lose nothing that refers to it, and foreign keys count again', async ({ directory, open }) => {
      const database = open()
      await migrate(database, options(directory))
      await addEverythingOfMia(database)

      await migrate(database, options(directory, { '0900_rebuild': rebuildAccounts }))

      expect(await countAll(database)).toEqual(eachOnce)
      await database.kysely.updateTable('accounts').set({ disabled: 2 }).execute()
      await removeMia(database)
      expect(Object.values(await countAll(database))).toEqual([0, 0, 0, 0, 0, 0])
    })

    it('and lose people are refused and taken back whole; the copy stays', async ({ directory, open }) => {
      const database = open()
      await migrate(database, options(directory))
      await addEverythingOfMia(database)
      const losing: Migration = { up: (kysely) => sql`delete from accounts`.execute(kysely).then(() => undefined) }

      const more = { '0900_rebuild': rebuildAccounts, '0901_loses': losing }
      await expect(migrate(database, options(directory, more))).rejects.toMatchObject({
        code: 'DATABASE_REFUSED',
        cause: { message: expect.stringContaining('rows that refer to nothing in') },
      })

      expect(await countAll(database)).toEqual(eachOnce)
      expect(readdirSync(join(directory, 'backups'))).toHaveLength(1)
      await expect(database.kysely.updateTable('accounts').set({ disabled: 2 }).execute()).rejects.toThrow(/CHECK/)
      await removeMia(database)
      expect(Object.values(await countAll(database))).toEqual([0, 0, 0, 0, 0, 0])
    })
  })
})

const mia = 'miamiamiamiamiam'

/** One row in every table that refers to accounts. */
async function addEverythingOfMia({ kysely }: Database): Promise<void> {
  const account_id = mia
  const unused = { last_used_at_ms: null, last_address: null, sent_unprotected_at_ms: null, made_by_key: null }
  const rows = [
    kysely.insertInto('accounts').values({
      ...{ id: mia, name: 'Mia', name_key: 'mia', role: 'creator', disabled: 0 },
      ...{ password_hash: null, created_at_ms: 1, last_seen_at_ms: null },
    }),
    kysely.insertInto('sessions').values({
      ...{ id: 's', token_hash: '0'.repeat(64), account_id, surface: 'people', from_owner_window: 0, secure: 0 },
      ...{ device: '', address: '', created_at_ms: 1, last_used_at_ms: 1 },
    }),
    kysely.insertInto('api_keys').values({
      ...{ id: '0'.repeat(12), account_id, name: 'k', scopes: '[]', mac: '0'.repeat(64), hash: '', last_four: '' },
      ...{ created_at_ms: 1, expires_at_ms: null, ...unused },
    }),
    kysely.insertInto('user_folders').values({ account_id, output_directory: '/pictures', made_at_ms: 1 }),
    kysely.insertInto('outputs').values({
      ...{ id: '0'.repeat(16), account_id, job_id: null, subfolder: '', name: 'x.png', kind: 'image' },
      ...{ media_type: 'image/png', bytes: 1, width: null, height: null, made_at_ms: 1, removed_at_ms: null },
    }),
    kysely.insertInto('folder_rules').values({ account_id, quota_bytes: null, retention_days: null }),
  ]
  for (const row of rows) await row.execute()
}
