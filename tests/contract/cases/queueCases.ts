import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { savePrompt, slowPrompt } from '../prompts.ts'

/** The queue while something runs. */
export function describeQueue({ client, throughGate }: ContractContext): void {
  describe('queue', () => {
    afterEach(async () => {
      await client().post('/queue', { clear: true })
      await client().send('POST', '/interrupt')
      await client().waitUntilIdle()
    })

    /** Keeps the engine busy until the case is over. @returns the id of the running job */
    const occupy = async (): Promise<string> => {
      const promptId: string = (await client().queue(slowPrompt())).json().prompt_id
      for (;;) {
        const { queue_running: running } = (await client().get('/queue')).json()
        if (running.some((item: unknown[]) => item[1] === promptId)) return promptId
      }
    }
    const pendingIds = async (): Promise<string[]> => {
      const { queue_pending: pending } = (await client().get('/queue')).json()
      return pending.sort((a: number[], b: number[]) => (a[0] ?? 0) - (b[0] ?? 0)).map((item: unknown[]) => item[1])
    }
    const add = async (others: Record<string, unknown> = {}): Promise<any> =>
      (await client().queue(savePrompt(), others)).json()

    it('shows number, id, prompt, extra data and outputs', async () => {
      const running = await occupy()
      const prompt = savePrompt()
      const answer = (await client().queue(prompt, { extra_data: { mark: 'seen' } })).json()
      const queue = (await client().get('/queue')).json()
      expect(queue.queue_running.map((item: unknown[]) => item[1])).toEqual([running])
      expect(queue.queue_pending).toEqual([
        [
          expect.any(Number),
          answer.prompt_id,
          prompt,
          expect.objectContaining(throughGate ? {} : { mark: 'seen' }),
          ['2'],
        ],
      ])
      expect((await client().get('/prompt')).json()).toEqual({ exec_info: { queue_remaining: 2 } })
    })

    it('answers with id, number and no errors', async () => {
      expect(await add()).toEqual({ prompt_id: expect.any(String), number: expect.any(Number), node_errors: {} })
    })

    it('keeps a given prompt id', async () => {
      const prompt_id = randomUUID()
      expect((await add({ prompt_id })).prompt_id).toBe(prompt_id)
      await client().waitForHistory(prompt_id)
    })

    it('deletes one waiting job', async () => {
      await occupy()
      const first = (await add()).prompt_id
      const second = (await add()).prompt_id
      expect((await client().post('/queue', { delete: [first, 'unknown'] })).status).toBe(200)
      expect(await pendingIds()).toEqual([second])
    })

    it('clears waiting jobs, not the running one', async () => {
      const running = await occupy()
      await add()
      await add()
      expect((await client().post('/queue', { clear: true })).status).toBe(200)
      const queue = (await client().get('/queue')).json()
      expect(queue.queue_pending).toEqual([])
      expect(queue.queue_running.map((item: unknown[]) => item[1])).toEqual([running])
    })

    it('does nothing for an empty change', async () => {
      await occupy()
      const { prompt_id: id } = await add()
      expect((await client().post('/queue', {})).status).toBe(200)
      expect(await pendingIds()).toEqual([id])
    })

    it.skipIf(throughGate)('runs the lowest number first, the last of those in front before the others', async () => {
      await occupy()
      const plain = await add()
      const front = await add({ front: true })
      const laterFront = await add({ front: true })
      const early = await add({ number: -1e6 })
      const late = await add({ number: '1e6' })
      expect(laterFront.number).toBeLessThan(front.number)
      expect([early.number, late.number]).toEqual([-1e6, 1e6])
      const ids = [early, laterFront, front, plain, late].map(({ prompt_id: id }) => id)
      expect(await pendingIds()).toEqual(ids)
    })

    it.skipIf(throughGate)(
      'case 22: the same number and id twice is refused while it waits, and the queue goes on',
      async () => {
        await occupy()
        const twice = { number: 1e6, prompt_id: randomUUID() }
        await add(twice)
        expect((await client().queue(savePrompt(), twice)).status).toBe(500)
        expect(await pendingIds()).toEqual([twice.prompt_id])
      },
    )

    it.skipIf(throughGate)('counts numbers up', async () => {
      const first = await add()
      const second = await add()
      expect(second.number).toBe(Number(first.number) + 1)
    })
  })
}
