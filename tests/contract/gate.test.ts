import { afterAll, beforeAll } from 'vitest'
import { bearer, openGateFixture, tokens } from '../support/gateFixture.ts'
import type { GateFixture } from '../support/gateFixture.ts'
import { startEngineUnderTest } from '../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../support/engineUnderTest.ts'
import { describeEngineContract } from './engineContract.ts'

let engine: EngineUnderTest
let fixture: GateFixture

beforeAll(async () => {
  engine = await startEngineUnderTest()
  fixture = await openGateFixture({ ready: false })
  fixture.engine.set({ port: engine.port, secret: engine.secret ?? '', bootId: '1'.repeat(32) })
})

afterAll(async () => {
  await fixture.close()
  await engine.close()
})

describeEngineContract(
  'engine through the gate, for an administrator',
  () => ({ baseUrl: fixture.url, webSocketUrl: fixture.url.replace('http', 'ws'), headers: bearer(tokens.admin) }),
  { throughGate: true },
)
