import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import type { AttackCase } from '../../service/protection/attackCase.ts'
import { Broken } from '../../service/protection/attackOutcome.ts'
import { runProtection } from '../../service/protection/runProtection.ts'
import { makeProtectionSurroundings } from '../support/protectionPages.ts'

const surroundings = makeProtectionSurroundings()
afterAll(surroundings.remove)

it('an attack that broke the throw-away gate is not tried on the one that people use, the others are', async () => {
  const asked: string[] = []
  const running = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(running, 'listening')
  const { port } = running.address() as AddressInfo
  const attack = (id: string, isBroken: boolean): AttackCase => ({
    id,
    title: id,
    holes: ['A1'],
    target: 'live',
    run: async (gate) => {
      await gate.ask(`/${id}`)
      if (isBroken) throw new Broken('it got through')
      return 'refused'
    },
  })

  const report = await runProtection({
    ...surroundings.options,
    cases: [attack('harmful', true), attack('held', false)],
    running: { port },
  })
  running.close()

  expect(report.cases.map(({ id, on, outcome }) => [id, on, outcome])).toEqual([
    ['harmful', 'standIn', 'broken'],
    ['held', 'standIn', 'held'],
    ['harmful', 'running', 'notRun'],
    ['held', 'running', 'held'],
  ])
  expect(asked).not.toContain('/harmful')
  expect(asked).toContain('/held')
}, 120_000)
