import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { setMeta } from '../../../proxy/database/metaStore.ts'
import { migrate } from '../../../proxy/database/migrate.ts'
import { openDatabase } from '../../../proxy/database/openDatabase.ts'
import type { Database } from '../../../proxy/database/openDatabase.ts'
import { UserFolders } from '../../../proxy/isolation/userFolders.ts'
import { EngineClient } from '../../support/engineClient.ts'
import { startEngineUnderTest } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { accountIdOf, bearer, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { GateFixture } from '../../support/gateFixture.ts'
import { describeGate } from './cases/gateCases.ts'
import { describeIsolation } from './isolationContract.ts'
import { makePeopleFolder } from './world.ts'
import type { IsolationContext, IsolationWorld, Person, PersonFolders } from './world.ts'

const people = makePeopleFolder()
let engine: EngineUnderTest
let database: Database
let fixture: GateFixture
let world: IsolationWorld

async function openFolders(): Promise<UserFolders> {
  database = openDatabase(join(people.path, 'gatehouse.db'))
  await migrate(database, { clock: systemClock, backupsDirectory: join(people.path, 'backups') })
  for (const name of ['ada', 'cleo', 'cora']) {
    const rest = { role: 'user', disabled: 0, password_hash: null, created_at_ms: 0, last_seen_at_ms: null }
    const account = { id: accountIdOf(name), name, name_key: name, ...rest }
    await database.kysely.insertInto('accounts').values(account).execute()
  }
  await setMeta(database.kysely, 'ownerAccountId', accountIdOf('ada'))
  return new UserFolders({
    kysely: database.kysely,
    clock: systemClock,
    logger: silentLogger,
    dataDirectory: people.path,
    outputsRoot: join(people.path, 'outputs'),
    platform: process.platform,
  })
}

function personOf(name: string, token: string, folders: PersonFolders): Person {
  const target = { baseUrl: fixture.url, webSocketUrl: fixture.url.replace('http', 'ws'), headers: bearer(token) }
  return { id: accountIdOf(name), client: new EngineClient(target), folders }
}

async function foldersOf(folders: UserFolders, name: string): Promise<PersonFolders> {
  const set = await folders.ensure(accountIdOf(name))
  return {
    input: set.inputDirectory ?? '',
    output: set.outputDirectory ?? '',
    temp: set.tempDirectory ?? '',
    userdata: set.userdataDirectory ?? '',
  }
}

beforeAll(async () => {
  engine = await startEngineUnderTest()
  const folders = await openFolders()
  fixture = await openGateFixture({ ready: false, folders })
  fixture.engine.set({ port: engine.port, secret: engine.secret ?? '', bootId: '1'.repeat(32) })
  const { input, output, temp, user } = engine.folders
  world = {
    alice: personOf('cleo', tokens.creator, await foldersOf(folders, 'cleo')),
    bob: personOf('cora', tokens.creator2, await foldersOf(folders, 'cora')),
    owner: personOf('ada', tokens.admin, { input, output, temp, userdata: join(user, 'default') }),
  }
})

afterAll(async () => {
  await fixture.close()
  await database.close()
  await engine.close()
  people.remove()
})

const context: IsolationContext = { world: () => world, throughGate: true }
describeIsolation('two people at the gate', context)
describeGate(context)
