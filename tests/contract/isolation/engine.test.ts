import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { ENGINE_OWNER, startEngineUnderTest } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { describeCompanion } from './cases/companionCases.ts'
import { describeRules } from './cases/ruleCases.ts'
import { describeIsolation } from './isolationContract.ts'
import { addPerson, ALICE_ID, BOB_ID, clientOf, makePeopleFolder } from './world.ts'
import type { IsolationWorld } from './world.ts'

const people = makePeopleFolder()
let engine: EngineUnderTest
let world: IsolationWorld

beforeAll(async () => {
  engine = await startEngineUnderTest()
  const { input, output, temp, user } = engine.folders
  world = {
    alice: await addPerson(engine, ALICE_ID, people.path),
    bob: await addPerson(engine, BOB_ID, people.path),
    owner: {
      id: ENGINE_OWNER,
      client: clientOf(engine, ENGINE_OWNER),
      folders: { input, output, temp, userdata: join(user, 'default') },
    },
  }
})

afterAll(async () => {
  await engine.close()
  people.remove()
})

describeIsolation('two people at the engine', { world: () => world, throughGate: false })
const companion = { engine: () => engine, world: () => world, folder: () => people.path }
describeCompanion(companion)
describeRules(companion)
