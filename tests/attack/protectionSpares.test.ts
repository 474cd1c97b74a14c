import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { systemClock } from '../../proxy/core/clock.ts'
import { systemRandom } from '../../proxy/core/random.ts'
import type { AttackCase } from '../../service/protection/attackCase.ts'
import { Broken } from '../../service/protection/attackOutcome.ts'
import { runProtection } from '../../service/protection/runProtection.ts'
import { makeTemporaryFolder, removeTemporaryFolder } from '../../service/protection/temporaryFolder.ts'
import { unbuiltPaths } from '../support/unbuiltPaths.ts'

const pages = makeTemporaryFolder()
afterAll(() => removeTemporaryFolder(pages))

it('an attack that broke the throw-away gate is not tried on the one that people use, the others are', async () => {
  mkdirSync(join(pages, 'assets'))
  for (const name of ['owner', 'portal']) writeFileSync(join(pages, `${name}.html`), '<!doctype html><title>x</title>')
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
    clock: systemClock,
    random: systemRandom,
    platform: process.platform,
    paths: unbuiltPaths(pages),
    nodeCommand: { file: process.execPath, args: [], env: {} },
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
