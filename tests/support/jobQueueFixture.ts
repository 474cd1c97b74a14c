import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Role } from '../../proxy/contract/roles.ts'
import { systemClock } from '../../proxy/core/clock.ts'
import type { Clock } from '../../proxy/core/clock.ts'
import { silentLogger } from '../../proxy/core/logger.ts'
import type { Logger } from '../../proxy/core/logger.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import { migrate } from '../../proxy/database/migrate.ts'
import { openDatabase } from '../../proxy/database/openDatabase.ts'
import type { Database } from '../../proxy/database/openDatabase.ts'
import { JobQueue } from '../../proxy/jobs/jobQueue.ts'
import type { JobQueueDependencies, RunRights } from '../../proxy/jobs/jobQueueTypes.ts'
import { JobStore } from '../../proxy/jobs/jobStore.ts'
import { QueueMemory } from '../../proxy/jobs/queueMemory.ts'

/** Of somebody whose jobs all run, or none. */
export const runRights = (role: Role, mayRun: boolean): RunRights => ({ role, mayRun: () => Promise.resolve(mayRun) })

export interface JobQueueFixture {
  readonly database: Database
  readonly store: JobStore
  readonly jobs: JobQueue
  close(): Promise<void>
}

export interface JobQueueFixtureOptions extends Pick<JobQueueDependencies, 'settings' | 'rights' | 'room'> {
  readonly clock?: Clock
  readonly logger?: Logger
  readonly timings?: JobQueueDependencies['timings']
  /** A database of an earlier run; it stays when the fixture closes. */
  readonly directory?: string
}

/** A queue over a database of its own. */
export async function openJobQueueFixture(options: JobQueueFixtureOptions): Promise<JobQueueFixture> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'gatehouse-jobs-'))
  const database = openDatabase(join(directory, 'jobs.db'))
  const { clock = systemClock, logger = silentLogger } = options
  await migrate(database, { clock, backupsDirectory: join(directory, 'backups') })
  const store = new JobStore(database.kysely)
  const { settings, rights, timings, room } = options
  const memory = new QueueMemory(database.kysely)
  const shared = { store, memory, clock, random: systemRandom, logger }
  const dependencies = { ...shared, settings, rights, ...(room && { room }) }
  const jobs = await JobQueue.open({ ...dependencies, ...(timings === undefined ? {} : { timings }) })
  return {
    database,
    store,
    jobs,
    close: async () => {
      await jobs.close()
      await database.close()
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
    },
  }
}
