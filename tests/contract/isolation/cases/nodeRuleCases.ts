import { describe, expect, it } from 'vitest'
import { harmless } from '../../../support/nodesFixture.ts'
import { until } from '../../../support/tabClient.ts'
import { nextUnique, savePrompt } from '../../prompts.ts'
import type { GateWorld } from '../gateWorld.ts'
import { contentsOf } from '../world.ts'

const regex = (more: Record<string, unknown> = {}) => ({
  '1': {
    class_type: 'RegexMatch',
    inputs: {
      string: `a${nextUnique()}`,
      regex_pattern: 'a',
      case_insensitive: true,
      multiline: false,
      dotall: false,
      ...more,
    },
  },
  '2': { class_type: 'PreviewAny', inputs: { source: ['1', 0] } },
})

/** The rules for nodes and models through the gate, on a real engine. @param world asked inside of cases only */
export function describeNodeRules(world: () => GateWorld): void {
  describe('rules for nodes and models', () => {
    it('case 26: Regex for a Creator is refused in words, and the owner’s runs', async () => {
      const { bob, owner } = world()
      const answer = await bob.client.queue(regex())
      expect([answer.status, answer.json().error]).toMatchObject([
        400,
        {
          type: 'not_allowed',
          message: 'Node #1 (RegexMatch) is not allowed to you',
          details: expect.stringContaining('stand still'),
        },
      ])
      expect(answer.json().node_errors['1'].class_type).toBe('RegexMatch')
      expect((await owner.client.run(regex())).entry.status.status_str).toBe('success')
    })

    it('a class that is forbidden is neither shown nor run from the next request on, and comes back the same way', async () => {
      const { alice, bob, rules } = world()
      rules.set(bob, { nodes: { ...harmless, denied: ['SaveImage'] } })
      expect((await bob.client.get('/object_info/SaveImage')).json()).toEqual({})
      expect(Object.keys((await bob.client.get('/object_info')).json())).not.toContain('SaveImage')
      expect((await bob.client.queue(savePrompt())).status).toBe(400)
      expect(Object.keys((await alice.client.get('/object_info/SaveImage')).json())).toEqual(['SaveImage'])
      rules.set(bob, {})
      expect(Object.keys((await bob.client.get('/object_info/SaveImage')).json())).toEqual(['SaveImage'])
      expect((await bob.client.run(savePrompt())).entry.status.status_str).toBe('success')
    })

    it('rules changed while the job waits: the engine runs nothing of it', async () => {
      const { alice, bob, rules } = world()
      const before = contentsOf(bob.folders.output).size
      world().settings.set('jobs.paused', { untilMs: null })
      const queued = await bob.client.queue(savePrompt())
      expect(queued.status).toBe(200)
      rules.set(bob, { nodes: { ...harmless, denied: ['SaveImage'] } })
      world().settings.set('jobs.paused', null)
      expect((await alice.client.run(savePrompt())).entry.status.status_str).toBe('success')
      const isOver = async (): Promise<boolean> => {
        const text = (await bob.client.get('/queue')).text
        return !text.includes(queued.json().prompt_id)
      }
      await until(isOver, 'the job has failed')
      expect(contentsOf(bob.folders.output).size).toBe(before)
      rules.set(bob, {})
    })

    it('a kind of model with a list shows what is on it, and to others everything', async () => {
      const { bob, owner, rules } = world()
      rules.set(bob, { models: { checkpoints: [], loras: [] } })
      const list = async (kind: string): Promise<unknown> => (await bob.client.get(`/models/${kind}`)).json()
      expect([await list('checkpoints'), await list('loras')]).toEqual([[], []])
      rules.set(bob, {})
      expect(await list('checkpoints')).toEqual((await owner.client.get('/models/checkpoints')).json())
    })
  })
}
