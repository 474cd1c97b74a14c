import { afterAll, beforeAll } from 'vitest'
import { startEngineUnderTest } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { describeGate } from './cases/gateCases.ts'
import { describeForbidden } from './cases/forbiddenCases.ts'
import { describeLimits } from './cases/limitCases.ts'
import { describeNodeRules } from './cases/nodeRuleCases.ts'
import { describeOddRequests } from './cases/requestCases.ts'
import { openGateWorld } from './gateWorld.ts'
import type { GateWorld } from './gateWorld.ts'
import { describeIsolation } from './isolationContract.ts'
import type { IsolationContext } from './world.ts'

let engine: EngineUnderTest
let world: GateWorld

beforeAll(async () => {
  engine = await startEngineUnderTest()
  world = await openGateWorld(engine)
})

afterAll(async () => {
  await world.close()
  await engine.close()
})

const context: IsolationContext = { world: () => world, throughGate: true }
describeIsolation('two people at the gate', context)
describeGate(context)
describeOddRequests(() => world)
describeForbidden(() => world)
describeLimits(() => world)
describeNodeRules(() => world)
