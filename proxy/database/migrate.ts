import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Migrator, sql } from 'kysely'
import type { Migration } from 'kysely'
import type { Clock } from '../core/clock.ts'
import { GateError } from '../contract/errorCodes.ts'
import { firstMigration } from './migrations/0001_first.ts'
import { keyMakerMigration } from './migrations/0002_keyMaker.ts'
import { jobsMigration } from './migrations/0003_jobs.ts'
import { foldersMigration } from './migrations/0004_folders.ts'
import { outputsMigration } from './migrations/0005_outputs.ts'
import { jobBoundsMigration } from './migrations/0006_jobBounds.ts'
import { restoredOutputsMigration } from './migrations/0007_restoredOutputs.ts'
import { rolesMigration } from './migrations/0008_roles.ts'
import { workflowsMigration } from './migrations/0009_workflows.ts'
import { sharesMigration } from './migrations/0010_shares.ts'
import { seenMigration } from './migrations/0011_seen.ts'
import { jobOutputsMigration } from './migrations/0012_jobOutputs.ts'
import { lanMigration } from './migrations/0013_lan.ts'
import type { Database } from './openDatabase.ts'

/** In order, oldest first. A released migration is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_first': firstMigration,
  '0002_keyMaker': keyMakerMigration,
  '0003_jobs': jobsMigration,
  '0004_folders': foldersMigration,
  '0005_outputs': outputsMigration,
  '0006_jobBounds': jobBoundsMigration,
  '0007_restoredOutputs': restoredOutputsMigration,
  '0008_roles': rolesMigration,
  '0009_workflows': workflowsMigration,
  '0010_shares': sharesMigration,
  '0011_seen': seenMigration,
  '0012_jobOutputs': jobOutputsMigration,
  '0013_lan': lanMigration,
}

const KEPT_SNAPSHOTS = 5

export interface MigrateOptions {
  readonly clock: Clock
  readonly backupsDirectory: string
  readonly migrations?: Readonly<Record<string, Migration>>
}

/**
 * Brings the database to the newest schema; before a change of an existing one, a snapshot goes into the backups
 * folder, and the newest five are kept.
 * @throws GateError DATABASE_REFUSED when the schema is newer than this program, or a migration fails
 */
export async function migrate(database: Database, options: MigrateOptions): Promise<void> {
  const known = options.migrations ?? migrations
  const applied = await appliedMigrations(database)
  const foreign = applied.filter((name) => !Object.hasOwn(known, name))
  if (foreign.length > 0) {
    throw new GateError(
      'DATABASE_REFUSED',
      'This data folder was last used by a newer Gatehouse, which this version cannot read. Install the newer version again; nothing was changed.',
    )
  }
  if (applied.length === Object.keys(known).length) return
  if (applied.length > 0) await snapshotBefore(database, applied.at(-1) ?? '', options)
  const migrator = new Migrator({
    db: database.kysely,
    provider: { getMigrations: () => Promise.resolve(withCheck(known)) },
  })
  // A migration that makes a table anew drops the old one; with foreign keys on, what refers to it would go too.
  const { error } = await database.withoutForeignKeys(() => migrator.migrateToLatest())
  if (error !== undefined) {
    throw new GateError(
      'DATABASE_REFUSED',
      'The database could not be brought to this version, so nothing was started. It is unchanged, and a copy is in the folder "backups".',
      { cause: error },
    )
  }
}

/** The last one looks for rows that refer to nothing, in the transaction of them all: a violation takes everything back. */
function withCheck(known: Readonly<Record<string, Migration>>): Record<string, Migration> {
  const last = Object.keys(known).sort().at(-1) ?? ''
  const wrap = (migration: Migration): Migration => ({
    up: async (kysely) => {
      await migration.up(kysely)
      const { rows } = await sql<{ table: string }>`pragma foreign_key_check`.execute(kysely)
      const tables = [...new Set(rows.map(({ table }) => table))]
      if (tables.length > 0) throw new Error(`rows that refer to nothing in ${tables.join(', ')}`)
    },
  })
  return Object.fromEntries(
    Object.entries(known).map(([name, migration]) => [name, name === last ? wrap(migration) : migration]),
  )
}

async function appliedMigrations(database: Database): Promise<string[]> {
  const tables = await database.kysely.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === 'kysely_migration')) return []
  const rows = await database.kysely
    .withTables<{ kysely_migration: { name: string; timestamp: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map((row) => row.name)
}

async function snapshotBefore(database: Database, version: string, options: MigrateOptions): Promise<void> {
  mkdirSync(options.backupsDirectory, { recursive: true, mode: 0o700 })
  const stamp = new Date(options.clock.nowMs()).toISOString().replace(/[:.]/g, '-')
  await database.snapshot(join(options.backupsDirectory, `upgrade-${stamp}-${version}.db`))
  const snapshots = readdirSync(options.backupsDirectory)
    .filter((name) => name.startsWith('upgrade-') && name.endsWith('.db'))
    .sort()
  for (const name of snapshots.slice(0, -KEPT_SNAPSHOTS)) rmSync(join(options.backupsDirectory, name), { force: true })
}
