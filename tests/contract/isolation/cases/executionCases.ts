import { describe, expect, it } from 'vitest'
import type { Prompt } from '../../../support/engineClient.ts'
import { nextUnique, savePrompt } from '../../prompts.ts'
import { cachedNodes, contentsOf, everythingOf, expectNothing, view } from '../world.ts'
import type { IsolationContext } from '../world.ts'

/** Cases 11 and 28: two people's jobs in one worker. */
export function describeForeignJobs({ world }: IsolationContext): void {
  const namesOf = (folder: string): string[] => Array.from(contentsOf(folder).keys())

  describe('jobs of two people', () => {
    it('case 28: the same prompt makes two files, and no hint of the other run', async () => {
      const { alice, bob } = world()
      const prefix = `twice_${nextUnique()}`
      const prompt = savePrompt({ prefix })
      const hers = (await alice.client.run(prompt)).entry
      const his = (await bob.client.run(prompt)).entry
      expect(cachedNodes(his)).toEqual([])
      for (const [person, entry] of [
        [alice, hers],
        [bob, his],
      ] as const) {
        const [image] = entry.outputs['2'].images
        expect(namesOf(person.folders.output).filter((name) => name.startsWith(prefix))).toEqual([image.filename])
        expect((await view(person, image)).status).toBe(200)
      }
      // His counter starts at one, too: hers would tell how many pictures she has.
      expect(his.outputs['2'].images[0].filename).toBe(hers.outputs['2'].images[0].filename)
    })

    it('case 28: one’s own second run is remembered', async () => {
      const { bob } = world()
      const prompt = savePrompt()
      await bob.client.run(prompt)
      const { entry } = await bob.client.run(prompt)
      expect(cachedNodes(entry).sort()).toEqual(['1', '2'])
    })

    it('case 28: nodes keep nothing from one person’s run to the other’s', async () => {
      const { alice, bob } = world()
      // The same node id and class, other inputs: ComfyUI keeps the node's object, and with it the folder and suffix.
      const preview = (): Prompt => ({
        '1': savePrompt()['1']!,
        '2': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
      })
      const hers = (await alice.client.run(preview())).entry.outputs['2'].images[0]
      const his = (await bob.client.run(preview())).entry.outputs['2'].images[0]
      const suffixOf = ({ filename }: { filename: string }) => /_temp_([a-z]+)_/.exec(filename)?.[1]
      expect(suffixOf(hers)).toMatch(/^[a-z]{5}$/)
      expect(suffixOf(his)).not.toBe(suffixOf(hers))
      expect((await view(alice, hers)).status).toBe(200)
      expect((await view(bob, his)).status).toBe(200)
      expectNothing(await view(bob, hers))
      expectNothing(await view(alice, his))
    })

    it('case 28: in turns, each finds only what is one’s own', async () => {
      const { alice, bob } = world()
      const prefixes = [`turn_${nextUnique()}`, `turn_${nextUnique()}`]
      const jobs = await Promise.all(
        [alice, bob, alice, bob, alice, bob].map(async (person, at) => {
          const { entry } = await person.client.run(savePrompt({ prefix: prefixes[at % 2]! }))
          return { person, image: entry.outputs['2'].images[0] as { filename: string } }
        }),
      )
      for (const { person, image } of jobs) {
        const other = person === alice ? bob : alice
        expect(namesOf(person.folders.output)).toContain(image.filename)
        expect(namesOf(other.folders.output)).not.toContain(image.filename)
      }
    })

    it('case 11: extra_data names nobody else', async () => {
      const { alice, bob } = world()
      const before = everythingOf(alice)
      const prefix = `spoof_${nextUnique()}`
      for (const extra of [
        { gatehouse_user: alice.id },
        { gatehouse_user: [alice.id] },
        { gatehouse_user: null },
        { 'gatehouse\\u005fuser': alice.id },
      ]) {
        const { entry } = await bob.client.run(savePrompt({ prefix }), { extra_data: extra })
        const [image] = entry.outputs['2'].images
        expect(namesOf(bob.folders.output)).toContain(image.filename)
        expect(entry.prompt[3].gatehouse_user ?? bob.id).toBe(bob.id)
      }
      expect(everythingOf(alice)).toEqual(before)
    })

    it('case 11: a repeated extra_data names nobody else', async () => {
      const { alice, bob } = world()
      const before = everythingOf(alice)
      const extra = `{"gatehouse_user": "${alice.id}"}`
      const body = `{"prompt": ${JSON.stringify(savePrompt())}, "extra_data": {}, "extra_data": ${extra}}`
      const answer = await bob.client.send('POST', '/prompt', body, { 'content-type': 'application/json' })
      if (answer.status === 200) await bob.client.waitForHistory(answer.json().prompt_id)
      expect(everythingOf(alice)).toEqual(before)
    })

    it('the owner’s jobs write to ComfyUI’s own folder, nobody else’s do', async () => {
      const { alice, bob, owner } = world()
      const prefix = `owner_${nextUnique()}`
      const { entry } = await owner.client.run(savePrompt({ prefix }))
      const [image] = entry.outputs['2'].images
      expect(namesOf(owner.folders.output)).toContain(image.filename)
      for (const person of [alice, bob]) expectNothing(await view(person, image))
      const before = contentsOf(owner.folders.output)
      await alice.client.run(savePrompt({ prefix }))
      expect(contentsOf(owner.folders.output)).toEqual(before)
    })
  })
}
