import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until, untilState } from '../../support/fakeEngine/fakeEngine.ts'
import { startSupervisedEngine } from '../../support/supervisedEngine.ts'
import type { SupervisedEngine } from '../../support/supervisedEngine.ts'
import { nextUnique, savePrompt } from '../prompts.ts'
import { openSupervisedWorld } from './gateWorld.ts'
import type { GateWorld } from './gateWorld.ts'
import { contentsOf, savePicture } from './world.ts'

/** How long it may take until a dead worker is noticed and another start is under way. */
const NOTICED_MS = 15_000

let supervised: SupervisedEngine
let world: GateWorld

beforeAll(async () => {
  supervised = await startSupervisedEngine()
  world = await openSupervisedWorld(supervised)
}, 200_000)

afterAll(async () => {
  await world.close()
  await supervised.close()
})

const sinceOf = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`

describe('a worker that is killed on purpose', () => {
  it('case 22, 53: is noticed and started again, and everything that waited runs, each for its own', async () => {
    const { supervisor } = supervised
    const { alice, bob } = world
    await savePicture(alice)
    const first = await untilState(supervisor, 'ready')
    await supervised.killWorker()

    const killedAt = performance.now()
    const prefix = `survivor_${nextUnique()}`
    const sent: { person: typeof alice; id: string }[] = []
    for (const person of [alice, alice, bob, bob, alice]) {
      const answer = await person.client.queue(savePrompt({ prefix }))
      expect(answer.status).toBe(200)
      sent.push({ person, id: answer.json().prompt_id })
    }

    const accepted = sinceOf(killedAt)
    const { failure } = await untilState(supervisor, 'backingOff', NOTICED_MS)
    expect(failure.code).toBe('WORKER_DIED')
    const noticed = sinceOf(killedAt)
    await until('another start', () => supervisor.state.kind === 'starting', NOTICED_MS)
    expect(performance.now() - killedAt).toBeLessThan(NOTICED_MS)
    const restarted = sinceOf(killedAt)
    expect((await untilState(supervisor, 'ready', 180_000)).pid).not.toBe(first.pid)
    const ready = sinceOf(killedAt)

    for (const { person, id } of sent) {
      expect((await person.client.waitForHistory(id)).status.status_str).toBe('success')
    }
    for (const [person, count] of [
      [alice, 3],
      [bob, 2],
    ] as const) {
      const names = Array.from(contentsOf(person.folders.output).keys()).filter((name) => name.startsWith(prefix))
      expect(names).toHaveLength(count)
      const foreign = sent.filter((job) => job.person !== person)
      const { text } = await person.client.get('/history')
      expect(foreign.filter(({ id }) => text.includes(id))).toEqual([])
    }
    const engine = supervised.supervisor.health?.engine
    process.stdout.write(
      `${engine}: worker killed; jobs taken within ${accepted}, noticed after ${noticed}, another start ${restarted}, ready ${ready}\n`,
    )
  }, 240_000)
})
