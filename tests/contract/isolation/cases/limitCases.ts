import { afterEach, describe, expect, it } from 'vitest'
import { defaultJobLimits } from '../../../../proxy/contract/jobs.ts'
import type { JobLimits } from '../../../../proxy/contract/jobs.ts'
import { tokens } from '../../../support/gateFixture.ts'
import { usesRealComfyui } from '../../../support/engineUnderTest.ts'
import { makePng, savePrompt, slowPrompt } from '../../prompts.ts'
import type { GateWorld } from '../gateWorld.ts'
import { everythingOf } from '../world.ts'
import { gateSteps } from './gateSteps.ts'

/** Jobs without measure, and people who may send none. */
export function describeLimits(world: () => GateWorld): void {
  const { idsOf, queue, keepBusy, endWell, tidyUp } = gateSteps(world)
  /** For bob alone; everybody else has what the role has. */
  const limitBob = (limits: Partial<JobLimits>): void =>
    world().settings.set('jobs.limitsByUser', { [world().bob.id]: limits })

  afterEach(async () => {
    world().settings.set('jobs.limitsByUser', {})
    await tidyUp()
  })

  describe('jobs without measure', () => {
    it.each([
      ['16384 × 16384', () => savePrompt({ width: 16384, height: 16384, batch: 8 })],
      ['a batch of 4096', () => savePrompt({ width: 1024, height: 1024, batch: 4096 })],
    ])('case 50: %s is refused before anything is made, and hers run', async (_name, toPrompt) => {
      const { alice, bob } = world()
      const { running, waiting } = await keepBusy()
      const answer = await bob.client.queue(toPrompt())
      expect([answer.status, answer.json().error.type]).toEqual([400, 'not_allowed'])
      expect(answer.json().error.message).toContain(`${defaultJobLimits.creator.megapixels ?? ''} megapixels`)
      expect(await idsOf(bob)).toEqual([])
      await endWell(alice, running, waiting)
    })

    it('case 51: megabytes of notes for every picture are refused, and hers is as it was', async () => {
      const { alice, bob } = world()
      const hers = await alice.client.run(savePrompt(), {
        extra_data: { extra_pnginfo: { workflow: { note: 'mine' } } },
      })
      const before = everythingOf(alice)
      for (const bytes of [3_000_000, 9_000_000, 20_000_000]) {
        const extra_data = { extra_pnginfo: { workflow: { note: 'x'.repeat(bytes) } } }
        const answer = await bob.client.queue(savePrompt(), { extra_data })
        expect([bytes, [400, 413].includes(answer.status), answer.json().error.type]).toEqual([
          bytes,
          true,
          'not_allowed',
        ])
      }
      expect([await idsOf(bob), everythingOf(alice)]).toEqual([[], before])
      expect((await alice.client.get(`/history/${hers.promptId}`)).text).toContain('mine')
    })

    it('case 50: a workflow of too many nodes is refused, hers is not', async () => {
      const { alice, bob } = world()
      limitBob({ nodes: 5 })
      const prompt = slowPrompt(6)
      expect((await bob.client.queue(prompt)).status).toBe(400)
      await endWell(alice, await queue(alice, prompt))
    })

    it('case 50: many jobs are refused beyond one’s limit, hers are taken and run in between', async () => {
      const { alice, bob } = world()
      limitBob({ queued: 3 })
      const { running, waiting } = await keepBusy()
      const statuses: number[] = []
      const his: string[] = []
      for (let sent = 0; sent < 12; sent += 1) {
        const answer = await bob.client.queue(savePrompt())
        statuses.push(answer.status)
        if (answer.status === 200) his.push(answer.json().prompt_id)
        else expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      }
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3)
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0)
      const later = await queue(alice, savePrompt())
      await endWell(alice, running, waiting, later)
      await endWell(bob, ...his)
    })

    it('case 50: a job that takes too long is stopped, and hers runs', async () => {
      const { alice, bob } = world()
      limitBob({ runSeconds: 1 })
      const his = await queue(bob, slowPrompt(usesRealComfyui ? 12 : 60))
      const hers = await queue(alice, savePrompt())
      await endWell(alice, hers)
      const { status } = await bob.client.waitForHistory(his)
      expect([status.status_str, status.completed]).toEqual(['error', false])
    })
  })

  describe('who may make no workflows', () => {
    it.each([
      ['user', 400],
      ['guest', 400],
      ['viewer', 403],
    ] as const)('case 26: a %s runs no graph of their own', async (role, status) => {
      const { alice, bob } = world()
      const client = world().clientOf(tokens[role])
      const before = [alice, bob].map(everythingOf)
      for (const path of ['/prompt', '/api/prompt', '/%70rompt']) {
        const answer = await client.post(path, { prompt: savePrompt() })
        expect([path, answer.status, answer.json().error.type]).toEqual([path, status, 'not_allowed'])
      }
      expect((await client.post('/gatehouse/companion/validate', { prompt: savePrompt() })).status).toBe(404)
      expect([alice, bob].map(everythingOf)).toEqual(before)
    })

    it.each(['viewer', 'guest'] as const)('case 26: a %s sees no node', async (role) => {
      const client = world().clientOf(tokens[role])
      for (const path of ['/object_info', '/object_info/SaveImage', '/models', '/embeddings', '/', '/ws']) {
        expect([path, (await client.get(path)).status]).toEqual([path, 403])
      }
      await expect(client.openSocket()).rejects.toThrow('403')
    })

    it('a viewer uploads nothing, and has no queue', async () => {
      const client = world().clientOf(tokens.viewer)
      for (const path of ['/queue', '/history']) expect([path, (await client.get(path)).status]).toEqual([path, 403])
      const image = { filename: 'x.png', content: await makePng() }
      expect((await client.upload('/upload/image', { image })).status).toBe(403)
    })

    it('case 26: a key that may only read runs no graph', async () => {
      const answer = await world().clientOf(tokens.reader).queue(savePrompt())
      expect([answer.status, answer.json().error.type]).toEqual([403, 'not_allowed'])
    })

    it('case 26: a Creator uses the harmless nodes that are installed, and no other', async () => {
      const { bob, owner } = world()
      const classesOf = async ({ client }: typeof bob): Promise<string[]> =>
        Object.keys((await client.get('/object_info')).json()).sort()
      const [his, all] = [await classesOf(bob), await classesOf(owner)]
      expect(all).toEqual(expect.arrayContaining(his))
      expect(his).toEqual(expect.arrayContaining(['EmptyImage', 'LoadImage', 'SaveImage', 'PreviewAny']))
      expect([all.includes('RegexMatch'), his.includes('RegexMatch')]).toEqual([true, false])
      const answer = await bob.client.queue({ ...savePrompt(), '7': { class_type: 'PythonEval', inputs: {} } })
      expect([answer.status, answer.json().error.type]).toEqual([400, 'invalid_prompt'])
    })
  })
}
