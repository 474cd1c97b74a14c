import { describe, expect } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { nextUnique, savePrompt, slowPrompt } from '../prompts.ts'
import type { EngineSocket } from '../../support/engineClient.ts'
import { waitFor } from '../../support/engineClient.ts'
import { socketTest } from '../socketTest.ts'

const TEXT_EVENT = 3

/** A binary event, split. */
function splitFrame(frame: Buffer): { event: number; rest: Buffer } {
  return { event: frame.readUInt32BE(0), rest: frame.subarray(4) }
}

function toNodeState(promptId: string, id: string, progress: { value: number; max: number; state: string }): unknown {
  const ids = { node_id: id, prompt_id: promptId, display_node_id: id, parent_node_id: null, real_node_id: id }
  return { ...progress, ...ids }
}

/** Events over the WebSocket. */
export function describeSockets({ client, throughGate }: ContractContext): void {
  const it = socketTest(client)
  const queueFor = async (socket: EngineSocket, prompt: unknown): Promise<string> => {
    const answer = await client().queue(prompt, { client_id: socket.sid })
    expect(answer.status).toBe(200)
    return answer.json().prompt_id
  }
  const webSocketPrompt = (batch = 2) => ({
    ...savePrompt({ batch }),
    '2': { class_type: 'SaveImageWebsocket', inputs: { images: ['1', 0] } },
  })

  describe('websocket', () => {
    it('greets with status and sid', async ({ open }) => {
      const socket = await open()
      expect(socket.messages[0]).toEqual({
        type: 'status',
        data: { status: { exec_info: { queue_remaining: expect.any(Number) } }, sid: expect.any(String) },
      })
    })

    it.skipIf(throughGate)('makes up an id of 32 hex digits, keeps a given one, also below /api', async ({ open }) => {
      expect((await open()).sid).toMatch(/^[0-9a-f]{32}$/)
      expect((await open({ clientId: '' })).sid).toMatch(/^[0-9a-f]{32}$/)
      expect((await open({ clientId: 'given-id', path: '/api/ws' })).sid).toBe('given-id')
    })

    it('answers feature flags with its own', async ({ open }) => {
      const socket = await open({ wantsMetadata: true })
      const flags = socket.messages.find(({ type }) => type === 'feature_flags')
      expect(flags?.data).toEqual({ supports_preview_metadata: true, max_upload_size: expect.any(Number) })
    })

    it('sends the events of a run in ComfyUI’s order', async ({ open }) => {
      const socket = await open()
      const promptId = await queueFor(socket, savePrompt())
      const events = (await socket.waitForEnd(promptId)).map(({ type, data }) =>
        type === 'executing' || type === 'executed' ? `${type} ${data.node}` : type,
      )
      expect(events).toEqual([
        'execution_start',
        'execution_cached',
        'progress_state',
        'executing 1',
        'progress_state',
        'progress_state',
        'executing 2',
        'executed 2',
        'progress_state',
        'execution_success',
        'executing null',
      ])
    })

    it('says what each event carries', async ({ open }) => {
      const socket = await open()
      const promptId = await queueFor(socket, savePrompt())
      const messages = await socket.waitForEnd(promptId)
      const find = (type: string, at = 0) => messages.filter((message) => message.type === type)[at]?.data
      const stamp = { prompt_id: promptId, timestamp: expect.any(Number) }
      expect(find('execution_start')).toEqual(stamp)
      expect(find('execution_cached')).toEqual({ ...stamp, nodes: [] })
      expect(find('execution_success')).toEqual(stamp)
      expect(find('executing')).toEqual({ node: '1', display_node: '1', prompt_id: promptId })
      expect(find('executing', 2)).toEqual({ node: null, prompt_id: promptId })
      expect(find('executed')).toEqual({
        node: '2',
        display_node: '2',
        output: { images: [{ filename: expect.any(String), subfolder: '', type: 'output' }] },
        prompt_id: promptId,
      })
      expect(find('progress_state')).toEqual({
        prompt_id: promptId,
        nodes: { '1': toNodeState(promptId, '1', { value: 0, max: 1, state: 'running' }) },
      })
      expect(find('progress_state', 3)).toEqual({
        prompt_id: promptId,
        nodes: {
          '1': toNodeState(promptId, '1', { value: 1, max: 1, state: 'finished' }),
          '2': toNodeState(promptId, '2', { value: 1, max: 1, state: 'finished' }),
        },
      })
    })

    it('counts the queue up and down', async ({ open }) => {
      await client().waitUntilIdle()
      const socket = await open()
      const promptId = await queueFor(socket, savePrompt())
      await socket.waitForEnd(promptId)
      const counts = socket.messages
        .filter(({ type }) => type === 'status')
        .map(({ data }) => data.status.exec_info.queue_remaining)
      expect(counts[0]).toBe(0)
      expect(counts).toContain(1)
      expect(counts.at(-1)).toBe(0)
    })

    it('replays the output of a cached run', async ({ open }) => {
      const socket = await open()
      const prompt = savePrompt()
      const first = await socket.waitForEnd(await queueFor(socket, prompt))
      const second = await socket.waitForEnd(await queueFor(socket, prompt))
      const output = (messages: typeof first) => messages.find(({ type }) => type === 'executed')?.data.output
      expect(output(second)).toEqual(output(first))
      expect(second.map(({ type }) => type)).toEqual([
        'execution_start',
        'execution_cached',
        'executed',
        'progress_state',
        'execution_success',
        'executing',
      ])
    })

    it('sends progress and pictures with metadata to who wants it', async ({ open }) => {
      const { default: sharp } = await import('sharp')
      const socket = await open({ wantsMetadata: true })
      const promptId = await queueFor(socket, webSocketPrompt())
      const messages = await socket.waitForEnd(promptId)
      const progress = messages.filter(({ type }) => type === 'progress').map(({ data }) => data)
      expect(progress).toEqual([0, 1].map((value) => ({ value, max: 2, prompt_id: promptId, node: '2' })))
      expect(socket.frames).toHaveLength(2)
      const { event, rest } = splitFrame(socket.frames[0]!)
      const length = rest.readUInt32BE(0)
      const ids = { node_id: '2', prompt_id: promptId, display_node_id: '2', parent_node_id: null, real_node_id: '2' }
      expect(event).toBe(4)
      expect(JSON.parse(rest.toString('utf8', 4, 4 + length))).toEqual({ ...ids, image_type: 'image/png' })
      expect(await sharp(rest.subarray(4 + length)).metadata()).toMatchObject({ format: 'png', width: 16, height: 16 })
    })

    it('sends plain pictures to who did not ask for metadata', async ({ open }) => {
      const { default: sharp } = await import('sharp')
      const socket = await open()
      await socket.waitForEnd(await queueFor(socket, webSocketPrompt()))
      expect(socket.frames).toHaveLength(2)
      const { event, rest } = splitFrame(socket.frames[0]!)
      expect([event, rest.readUInt32BE(0)]).toEqual([1, 2])
      expect(await sharp(rest.subarray(4)).metadata()).toMatchObject({ format: 'png', width: 16, height: 16 })
    })

    it('puts a picture between progress_state and progress, or behind progress', async ({ open }) => {
      const orders: string[][] = []
      for (const wantsMetadata of [true, false]) {
        const socket = await open({ wantsMetadata })
        await socket.waitForEnd(await queueFor(socket, webSocketPrompt(1)))
        const at = socket.received.findIndex((item) => Buffer.isBuffer(item))
        const names = socket.received
          .slice(at - 2, at + 2)
          .map((item) => (Buffer.isBuffer(item) ? 'picture' : item.type))
        orders.push(names)
      }
      expect(orders[0]?.slice(1)).toEqual(['progress_state', 'picture', 'progress'])
      // The gate's one socket asks for metadata, so everybody gets that order.
      if (!throughGate) expect(orders[1]?.slice(0, 3)).toEqual(['progress_state', 'progress', 'picture'])
    })

    it('sends GetImageSize’s text as a binary event', async ({ open }) => {
      const socket = await open()
      const prompt = {
        '1': savePrompt({ width: 24, height: 16, batch: 3 })['1'],
        size: { class_type: 'GetImageSize', inputs: { image: ['1', 0] } },
        '3': { class_type: 'PreviewAny', inputs: { source: ['size', 0] } },
      }
      await socket.waitForEnd(await queueFor(socket, prompt))
      const { event, rest } = splitFrame(socket.frames[0]!)
      const length = rest.readUInt32BE(0)
      expect(event).toBe(TEXT_EVENT)
      expect(rest.toString('utf8', 4, 4 + length)).toBe('size')
      expect(rest.toString('utf8', 4 + length)).toBe('width: 24, height: 16\n batch size: 3')
    })

    it('tells of an error in place of success', async ({ open }) => {
      const socket = await open()
      const promptId = await queueFor(socket, savePrompt({ prefix: '../out' }))
      const types = (await socket.waitForEnd(promptId)).map(({ type }) => type)
      expect(types).toContain('execution_error')
      expect(types).not.toContain('execution_success')
      const error = socket.messages.find(({ type }) => type === 'execution_error')
      expect(error?.data).toMatchObject({ prompt_id: promptId, node_id: '2', node_type: 'SaveImage', executed: ['1'] })
    })

    it('tells of an interruption', async ({ open }) => {
      const socket = await open()
      const promptId = await queueFor(socket, slowPrompt())
      await socket.waitForMessage(({ type, data }) => type === 'executing' && data.node === '2')
      await client().post('/interrupt', { prompt_id: promptId })
      const types = (await socket.waitForEnd(promptId)).map(({ type }) => type)
      expect(types.slice(-2)).toEqual(['execution_interrupted', 'executing'])
    })

    it('sends a run’s events to its own socket only', async ({ open }) => {
      const [mine, other] = [await open(), await open()]
      const promptId = await queueFor(mine, savePrompt())
      await mine.waitForEnd(promptId)
      expect(other.about(promptId)).toEqual([])
    })

    it.skipIf(throughGate)(
      'tells nobody of a prompt without a client, where ComfyUI tells everybody',
      async ({ open }) => {
        const socket = await open()
        const { promptId } = await client().run(savePrompt())
        await socket.waitForEnd(await queueFor(socket, savePrompt()))
        expect(socket.about(promptId)).toEqual([])
      },
    )

    it.each([
      ['no JSON', '{"type":'],
      ['a list', '[1]'],
      ['an unknown type', '{"type":"mystery","data":{}}'],
      ['bytes', Buffer.from([1, 2, 3])],
    ])('lives on after %s', async (_name, message) => {
      const socket = await client().openSocket()
      socket.socket.send(message)
      const promptId = await queueFor(socket, savePrompt())
      expect((await socket.waitForEnd(promptId)).length).toBeGreaterThan(5)
      socket.close()
    })

    it('hears feature flags only as the first text', async ({ open }) => {
      const socket = await open()
      socket.socket.send('{"type":"hello"}')
      socket.socket.send('{"type":"feature_flags","data":{"supports_preview_metadata":true}}')
      await socket.waitForEnd(await queueFor(socket, webSocketPrompt(1)))
      expect(socket.messages.filter(({ type }) => type === 'feature_flags')).toEqual([])
      expect(splitFrame(socket.frames[0]!).event).toBe(1)
    })

    it('closes with 1009 after a message of more than 4 MiB', async ({ open }) => {
      const socket = await open()
      socket.socket.send('x'.repeat(4 * 1024 * 1024 + 1))
      expect(await waitFor(() => Promise.resolve(socket.closeCode))).toBe(1009)
      expect((await client().get('/queue')).status).toBe(200)
    })

    it.skipIf(throughGate)('sends log lines to who subscribed', async ({ open }) => {
      const socket = await open()
      const subscription = { clientId: socket.sid, enabled: true }
      const answer = await client().send('PATCH', '/internal/logs/subscribe', JSON.stringify(subscription))
      expect(answer.status).toBe(200)
      await client().run(savePrompt({ color: nextUnique() }))
      const { data } = await socket.waitForMessage(({ type }) => type === 'logs')
      expect(data.entries[0]).toEqual({ t: expect.any(String), m: expect.any(String) })
    })

    it.skipIf(throughGate)('refuses a subscription without its fields', async () => {
      expect((await client().send('PATCH', '/internal/logs/subscribe', '{}')).status).toBe(500)
    })
  })
}
