import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SupervisorState } from '../../../launcher/supervisorState.ts'
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

describe('a worker that is killed on purpose', () => {
  it('case 22, 53: is noticed and started again, and everything that waited runs, each for its own', async () => {
    const { supervisor } = supervised
    const { alice, bob } = world
    await savePicture(alice)
    const first = await untilState(supervisor, 'ready')
    // It may be noticed and be over while the jobs are still being sent.
    const seen: { readonly at: number; readonly state: SupervisorState }[] = []
    const stopListening = supervisor.onStateChange((state) => seen.push({ at: performance.now(), state }))
    const untilSeen = async (kind: SupervisorState['kind']) => {
      await until(kind, () => seen.some(({ state }) => state.kind === kind), NOTICED_MS)
      return seen.find(({ state }) => state.kind === kind)
    }
    await supervised.killWorker()

    const killedAt = performance.now()
    const prefix = `survivor_${nextUnique()}`
    const sent: { person: typeof alice; id: string }[] = []
    for (const person of [alice, alice, bob, bob, alice]) {
      const answer = await person.client.queue(savePrompt({ prefix }))
      expect(answer.status).toBe(200)
      sent.push({ person, id: answer.json().prompt_id })
    }

    const acceptedAt = performance.now()
    const noticed = await untilSeen('backingOff')
    expect(noticed?.state).toMatchObject({ failure: { code: 'WORKER_DIED' } })
    const restarted = await untilSeen('starting')
    expect((restarted?.at ?? Infinity) - killedAt).toBeLessThan(NOTICED_MS)
    stopListening()
    expect((await untilState(supervisor, 'ready', 180_000)).pid).not.toBe(first.pid)
    const readyAt = performance.now()

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
    const after = (at = Infinity): string => `${((at - killedAt) / 1000).toFixed(1)} s`
    const engine = supervised.supervisor.health?.engine
    process.stdout.write(
      `${engine}: worker killed; jobs taken within ${after(acceptedAt)}, noticed after ${after(noticed?.at)}, another start ${after(restarted?.at)}, ready ${after(readyAt)}\n`,
    )
  }, 240_000)
})
