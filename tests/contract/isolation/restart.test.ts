import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { waitFor } from '../../support/engineClient.ts'
import { startEngineUnderTest, usesRealComfyui } from '../../support/engineUnderTest.ts'
import type { EngineUnderTest } from '../../support/engineUnderTest.ts'
import { nextUnique, savePrompt, slowPrompt } from '../prompts.ts'
import { openGateWorld } from './gateWorld.ts'
import { contentsOf, expectNothing, savePicture, uploadPicture, view } from './world.ts'

/** As a crash: no engine of this start says goodbye. */
async function kill({ process: child }: EngineUnderTest): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

describe('case 53: the engine is killed in the middle', () => {
  it('and everybody finds one’s own afterwards, and nobody else’s', async () => {
    const first = await startEngineUnderTest()
    const world = await openGateWorld(first)
    const { alice, bob } = world
    const started: EngineUnderTest[] = [first]
    try {
      const before = await savePicture(alice)
      const { name } = await uploadPicture(alice)
      const prefix = `waiting_${nextUnique()}`
      const running = (await alice.client.queue(slowPrompt(usesRealComfyui ? 4 : 40))).json().prompt_id
      const waiting = (await alice.client.queue(savePrompt({ prefix }))).json().prompt_id
      const his = (await bob.client.queue(savePrompt({ prefix }))).json().prompt_id
      await waitFor(async () => (await alice.client.get('/queue')).json().queue_running[0] && true)
      mkdirSync(alice.folders.temp, { recursive: true })
      writeFileSync(join(alice.folders.temp, 'left.png'), 'x')

      await kill(first)
      const second = await startEngineUnderTest()
      started.push(second)
      world.connect(second, '2'.repeat(32))

      for (const [person, id] of [
        [alice, waiting],
        [bob, his],
      ] as const) {
        const entry = await person.client.waitForHistory(id)
        expect(entry.status.status_str).toBe('success')
        const made = Array.from(contentsOf(person.folders.output).keys()).filter((file) => file.startsWith(prefix))
        expect(made).toEqual([entry.outputs['2'].images[0].filename])
      }
      await alice.client.waitForHistory(running)
      expect(Array.from(contentsOf(alice.folders.temp).keys())).not.toContain('left.png')
      const { text } = await bob.client.get('/history')
      for (const secret of [running, waiting, before.promptId, before.filename]) expect(text).not.toContain(secret)
      expectNothing(await view(bob, { type: 'output', filename: before.filename }))
      expectNothing(await view(bob, { type: 'input', filename: name }))
      expect((await view(alice, { type: 'output', filename: before.filename })).status).toBe(200)
      expect((await bob.client.get('/object_info/LoadImage')).text).not.toContain(name)
      expect((await alice.client.get('/object_info/LoadImage')).text).toContain(name)
    } finally {
      await world.close()
      for (const engine of started) await engine.close()
    }
  })
})
