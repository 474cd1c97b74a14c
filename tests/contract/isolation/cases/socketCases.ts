import { describe, expect, test } from 'vitest'
import type { EngineSocket, Prompt } from '../../../support/engineClient.ts'
import { nextUnique, savePrompt } from '../../prompts.ts'
import type { IsolationContext, Person } from '../world.ts'

/** Cases 11 to 13 and 29: events of somebody else's job. */
export function describeForeignEvents({ world, throughGate }: IsolationContext): void {
  const it = test.extend<{ open: (person: Person, clientId?: string) => Promise<EngineSocket> }>({
    // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
    open: async ({}, use) => {
      const opened: EngineSocket[] = []
      await use(async (person, clientId) => {
        const socket = await person.client.openSocket({
          wantsMetadata: true,
          ...(clientId !== undefined && { clientId }),
        })
        opened.push(socket)
        return socket
      })
      for (const socket of opened) socket.close()
    },
  })
  /** Text by GetImageSize, whole pictures by SaveImageWebsocket, results by SaveImage. */
  const talkative = (): Prompt => ({
    ...savePrompt({ batch: 2, prefix: `secret_${nextUnique()}` }),
    '3': { class_type: 'SaveImageWebsocket', inputs: { images: ['1', 0] } },
    '4': { class_type: 'GetImageSize', inputs: { image: ['1', 0] } },
    '5': { class_type: 'PreviewAny', inputs: { source: ['4', 0] } },
  })
  const queueFor = async (person: Person, prompt: Prompt, others: Record<string, unknown>): Promise<string> => {
    const answer = await person.client.queue(prompt, others)
    expect(answer.status).toBe(200)
    return answer.json().prompt_id
  }
  /** A job of one's own, after which everything that came before has come. */
  const settle = async (person: Person, socket: EngineSocket): Promise<void> => {
    await socket.waitForEnd(await queueFor(person, savePrompt(), { client_id: socket.sid }))
  }
  const expectSilence = (socket: EngineSocket, promptId: string): void => {
    const told = socket.received.filter((item) =>
      Buffer.isBuffer(item) ? true : JSON.stringify(item).includes(promptId),
    )
    expect(told).toEqual([])
  }

  describe('events of somebody else’s job', () => {
    it('case 29: neither texts nor pictures nor progress reach another', async ({ open }) => {
      const { alice, bob } = world()
      const [hers, his] = [await open(alice), await open(bob)]
      const promptId = await queueFor(alice, talkative(), { client_id: hers.sid })
      await hers.waitForEnd(promptId)
      expect(hers.frames.length).toBeGreaterThanOrEqual(3)
      await settle(bob, his)
      expectSilence(his, promptId)
    })

    it('case 29: nor of a job that named no client', async ({ open }) => {
      const { alice, bob } = world()
      const his = await open(bob)
      const promptId = await queueFor(alice, talkative(), {})
      await alice.client.waitForHistory(promptId)
      await settle(bob, his)
      expectSilence(his, promptId)
    })

    it.skipIf(!throughGate)('case 12: naming her client tells her nothing and him his own', async ({ open }) => {
      const { alice, bob } = world()
      const [hers, his] = [await open(alice), await open(bob)]
      const promptId = await queueFor(bob, talkative(), { client_id: hers.sid })
      await bob.client.waitForHistory(promptId)
      await settle(alice, hers)
      await settle(bob, his)
      expectSilence(hers, promptId)
    })

    it.skipIf(!throughGate)('case 11: a client named in extra_data is told nothing', async ({ open }) => {
      const { alice, bob } = world()
      const [hers, his] = [await open(alice), await open(bob)]
      const others = { client_id: his.sid, extra_data: { client_id: hers.sid, gatehouse_user: alice.id } }
      const promptId = await queueFor(bob, talkative(), others)
      await his.waitForEnd(promptId)
      await settle(alice, hers)
      expectSilence(hers, promptId)
      expect((await bob.client.waitForHistory(promptId)).prompt[3].client_id).toBe(his.sid)
    })

    it.skipIf(!throughGate)('case 13: opening her client id takes nothing from her', async ({ open }) => {
      const { alice, bob } = world()
      const hers = await open(alice)
      const his = await open(bob, hers.sid)
      const promptId = await queueFor(alice, talkative(), { client_id: hers.sid })
      await hers.waitForEnd(promptId)
      expect(hers.frames.length).toBeGreaterThanOrEqual(3)
      his.close()
      const second = await queueFor(alice, talkative(), { client_id: hers.sid })
      await hers.waitForEnd(second)
      expectSilence(his, promptId)
      expectSilence(his, second)
    })

    it.skipIf(!throughGate)('case 29: the number of her jobs is in none of his messages', async ({ open }) => {
      const { alice, bob } = world()
      const his = await open(bob)
      const promptId = await queueFor(alice, savePrompt(), {})
      await alice.client.waitForHistory(promptId)
      const counts = his.messages
        .filter(({ type }) => type === 'status')
        .map(({ data }) => data.status.exec_info.queue_remaining)
      expect(new Set(counts)).toEqual(new Set([0]))
    })
  })
}
