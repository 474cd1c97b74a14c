import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive, until, untilState } from '../../support/fakeEngine/fakeEngine.ts'
import { startSupervisedEngine } from '../../support/supervisedEngine.ts'
import type { SupervisedEngine } from '../../support/supervisedEngine.ts'
import { nextUnique, savePrompt } from '../prompts.ts'
import { openSupervisedWorld } from './gateWorld.ts'
import type { GateWorld } from './gateWorld.ts'
import { contentsOf, savePicture } from './world.ts'

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

describe('an engine that does not react to anything any more', () => {
  // A stopped process hears no polite signal, as one whose lock a node of a job holds for ever.
  it.skipIf(process.platform === 'win32')(
    'case 22, 53: is killed at once, and what waited runs in the next one',
    async () => {
      const { supervisor, engine } = supervised
      const { alice, bob } = world
      await savePicture(alice)
      const { pid } = await untilState(supervisor, 'ready')
      const kinds: string[] = []
      const stopListening = supervisor.onStateChange(({ kind }) => kinds.push(kind))
      process.kill(pid, 'SIGSTOP')
      const givenUpAt = performance.now()
      const ending = engine.endHung()
      await until('another start', () => supervisor.state.kind === 'starting')
      expect(isAlive(pid)).toBe(false)
      const started = sinceOf(givenUpAt)
      await ending
      const prefix = `waited_${nextUnique()}`
      await untilState(supervisor, 'ready', 180_000)
      const ready = sinceOf(givenUpAt)
      const { entry } = await bob.client.run(savePrompt({ prefix }))
      expect(entry.status.status_str).toBe('success')
      expect([...contentsOf(bob.folders.output).keys()].filter((name) => name.startsWith(prefix))).toHaveLength(1)
      stopListening()
      expect(kinds.filter((kind, at) => kind !== kinds[at - 1])).toEqual(['stopping', 'stopped', 'starting', 'ready'])
      process.stdout.write(`${supervisor.health?.engine}: hung; another start after ${started}, ready ${ready}\n`)
    },
    240_000,
  )
})
