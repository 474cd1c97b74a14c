import { join } from 'node:path'
import { systemClock } from '../../../proxy/core/clock.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { setMeta } from '../../../proxy/database/metaStore.ts'
import { migrate } from '../../../proxy/database/migrate.ts'
import { openDatabase } from '../../../proxy/database/openDatabase.ts'
import type { Database } from '../../../proxy/database/openDatabase.ts'
import { NodeRights } from '../../../proxy/nodes/nodeRights.ts'
import type { PersonRules, PersonRuleSource } from '../../../proxy/nodes/nodeRights.ts'
import { SeenStore } from '../../../proxy/nodes/seenStore.ts'
import { UserFolders } from '../../../proxy/isolation/userFolders.ts'
import { EngineClient } from '../../support/engineClient.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { accountIdOf, bearer, openGateFixture, tokens } from '../../support/gateFixture.ts'
import type { FakeSettings, FixtureOptions, GateFixture } from '../../support/gateFixture.ts'
import { creatorRules } from '../../support/nodesFixture.ts'
import type { SupervisedEngine } from '../../support/supervisedEngine.ts'
import { makePeopleFolder } from './world.ts'
import type { IsolationWorld, Person, PersonFolders } from './world.ts'

type ReachableEngine = Pick<EngineUnderTest, 'port' | 'secret' | 'folders'>

export interface GateWorld extends IsolationWorld {
  /** Leads the gate to another start of the engine. */
  connect(engine: Pick<ReachableEngine, 'port' | 'secret'>, bootId: string): void
  readonly settings: FakeSettings
  readonly rules: WorldRules
  readonly port: number
  /** Whoever the gate knows by this token. */
  clientOf(token: string): EngineClient
  close(): Promise<void>
}

/** Roles as they are at first: what is harmless for everybody but the owner, until a case says otherwise. */
export class WorldRules implements PersonRuleSource {
  readonly #of = new Map<string, Partial<PersonRules>>()
  readonly #listeners = new Set<() => void>()

  find(accountId: string): Promise<PersonRules> {
    const isAdministrator = accountId === accountIdOf('ada')
    return Promise.resolve({ ...creatorRules, isAdministrator, ...this.#of.get(accountId) })
  }

  findGranted(): Promise<readonly string[]> {
    return Promise.resolve([])
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Holds from the person's next request on. */
  set(person: Pick<Person, 'id'>, rules: Partial<PersonRules>): void {
    this.#of.set(person.id, rules)
    for (const listener of this.#listeners) listener()
  }
}

/** A gate in front of the engine, with the folders that the product makes: two people, and the owner. */
export async function openGateWorld(engine: ReachableEngine, people = makePeopleFolder()): Promise<GateWorld> {
  const world = await openWorld(engine.folders, {}, people)
  world.connect(engine, '1'.repeat(32))
  return world
}

/** The same in front of an engine that the supervisor leads the gate to. */
export function openSupervisedWorld({ engine, folders }: SupervisedEngine): Promise<GateWorld> {
  return openWorld(folders, { supervised: engine })
}

async function openWorld(
  own: EngineUnderTest['folders'],
  options: FixtureOptions,
  people = makePeopleFolder(),
): Promise<GateWorld> {
  const database = openDatabase(join(people.path, 'gatehouse.db'))
  const folders = await openFolders(database, people.path)
  const rules = new WorldRules()
  const nodes = new NodeRights({
    seen: await SeenStore.open(database.kysely, systemClock),
    rules,
    logger: silentLogger,
  })
  const fixture = await openGateFixture({ ready: false, folders, nodes, ...options })
  const connect = ({ port, secret }: EngineUnderTest, bootId: string): void =>
    fixture.engine.set({ port, secret: secret ?? '', bootId })
  const { input, output, temp, user } = own
  return {
    alice: personOf(fixture, 'cleo', tokens.creator, await foldersOf(folders, 'cleo')),
    bob: personOf(fixture, 'cora', tokens.creator2, await foldersOf(folders, 'cora')),
    owner: personOf(fixture, 'ada', tokens.admin, { input, output, temp, userdata: join(user, 'default') }),
    connect,
    settings: fixture.settings,
    rules,
    port: fixture.port,
    clientOf: (token) => clientOf(fixture, token),
    close: async () => {
      await fixture.close()
      await nodes.close()
      await database.close()
      people.remove()
    },
  }
}

async function openFolders(database: Database, directory: string): Promise<UserFolders> {
  await migrate(database, { clock: systemClock, backupsDirectory: join(directory, 'backups') })
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
    dataDirectory: directory,
    outputsRoot: join(directory, 'outputs'),
    platform: process.platform,
  })
}

function clientOf({ url }: GateFixture, token: string): EngineClient {
  return new EngineClient({ baseUrl: url, webSocketUrl: url.replace('http', 'ws'), headers: bearer(token) })
}

function personOf(fixture: GateFixture, name: string, token: string, folders: PersonFolders): Person {
  return { id: accountIdOf(name), client: clientOf(fixture, token), folders }
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
