import { describe, expect, it } from 'vitest'
import { readPngText } from '../../../launcher/practice/nodes/pngText.ts'
import type { ContractContext } from '../engineContract.ts'
import { nextUnique, savePrompt, showPrompt, slowPrompt } from '../prompts.ts'

/** What runs, what it gives and what stays in the history. */
export function describeExecution({ client, throughGate }: ContractContext): void {
  const shown = async (nodes: Parameters<typeof showPrompt>[0], source: [string, number]): Promise<string> =>
    (await client().run(showPrompt(nodes, source))).entry.outputs['9'].text[0]

  describe('execution', () => {
    it('EmptyImage → SaveImage gives a file of that colour and size', async () => {
      const { default: sharp } = await import('sharp')
      const { entry } = await client().run(savePrompt({ width: 20, height: 10, color: 0x10ff20 }))
      const [image] = entry.outputs['2'].images
      const { body } = await client().get(`/view?${new URLSearchParams(image).toString()}`)
      const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true })
      expect([info.width, info.height, info.channels]).toEqual([20, 10, 3])
      expect(Array.from(data.subarray(0, 3))).toEqual([0x10, 0xff, 0x20])
    })

    it('puts prompt and workflow into the PNG', async () => {
      const prompt = savePrompt()
      const workflow = { nodes: [], note: 'grüße' }
      const { entry } = await client().run(prompt, { extra_data: { extra_pnginfo: { workflow } } })
      const { body } = await client().get(`/view?${new URLSearchParams(entry.outputs['2'].images[0]).toString()}`)
      const texts = readPngText(body)
      expect(JSON.parse(texts.get('prompt') ?? '')).toEqual(prompt)
      expect(JSON.parse(texts.get('workflow') ?? '')).toEqual(workflow)
    })

    it('counts files of one prefix up', async () => {
      const prefix = `count_${nextUnique()}`
      const first = await client().run(savePrompt({ prefix, batch: 2 }))
      const second = await client().run(savePrompt({ prefix }))
      const names = [first, second].flatMap(({ entry }) =>
        entry.outputs['2'].images.map((image: any) => image.filename),
      )
      expect(names).toEqual([`${prefix}_00001_.png`, `${prefix}_00002_.png`, `${prefix}_00003_.png`])
    })

    it('fills placeholders and makes sub-folders', async () => {
      const base = `sub_${nextUnique()}`
      const prefix = `${base}/%width%x%height%_%year%_%batch_num%`
      const { entry } = await client().run(savePrompt({ width: 24, height: 8, batch: 2, prefix }))
      const year = new Date().getFullYear()
      expect(entry.outputs['2'].images).toEqual([
        { filename: `24x8_${year}_0_00001_.png`, subfolder: base, type: 'output' },
        { filename: `24x8_${year}_1_00002_.png`, subfolder: base, type: 'output' },
      ])
    })

    it.each(['../escape', '/tmp/escape', 'a/../../escape'])(
      'writes nothing outside for the prefix %s',
      async (prefix) => {
        const { entry, promptId } = await client().run(savePrompt({ prefix }))
        expect(entry.outputs).toEqual({})
        expect(entry.status).toMatchObject({ status_str: 'error', completed: false })
        const [event, data] = entry.status.messages.at(-1)
        expect(event).toBe('execution_error')
        expect(data).toMatchObject({ prompt_id: promptId, node_id: '2', node_type: 'SaveImage', executed: ['1'] })
        expect(data.exception_message).toContain('Saving image outside the output folder is not allowed')
        expect(data).toMatchObject({
          exception_type: 'Exception',
          traceback: expect.any(Array),
          current_inputs: expect.any(Object),
        })
        expect([...data.current_outputs].sort()).toEqual(['1', '2'])
      },
    )

    it('PreviewImage writes into temp under a name of its own', async () => {
      const prompt = { ...savePrompt(), '2': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } } }
      const { entry } = await client().run(prompt)
      const [image] = entry.outputs['2'].images
      expect(image).toMatchObject({ subfolder: '', type: 'temp' })
      expect(image.filename).toMatch(/^ComfyUI_temp_[a-z]{5}_00001_\.png$/)
    })

    it('keeps every digit of 64-bit integers', async () => {
      const body = JSON.stringify({
        prompt: showPrompt({ '1': { class_type: 'PrimitiveInt', inputs: { value: 'BIG' } } }, ['1', 0]),
      }).replace('"BIG"', '9223372036854775807')
      const answer = await client().send('POST', '/prompt', body)
      const promptId: string = answer.json().prompt_id
      const entry = await client().waitForHistory(promptId)
      expect(entry.outputs['9'].text[0]).toBe('9223372036854775807')
      expect((await client().get(`/history/${promptId}`)).text).toContain('9223372036854775807')
    })

    it('keeps a seed of 2^64-1 in extra_pnginfo', async () => {
      const body = JSON.stringify({
        prompt: savePrompt(),
        extra_data: { extra_pnginfo: { workflow: { seed: 'BIG' } } },
      })
      const answer = await client().send('POST', '/prompt', body.replace('"BIG"', '18446744073709551615'))
      const promptId: string = answer.json().prompt_id
      const entry = await client().waitForHistory(promptId)
      const { body: png } = await client().get(`/view?${new URLSearchParams(entry.outputs['2'].images[0]).toString()}`)
      expect(readPngText(png).get('workflow')).toContain('18446744073709551615')
    })

    it('converts plain inputs to their types', async () => {
      const prompt = savePrompt()
      prompt['1']!.inputs = { width: '12', height: 8.9, batch_size: true, color: nextUnique() }
      const { entry } = await client().run(prompt)
      expect(entry.prompt[2]['1'].inputs).toMatchObject({ width: 12, height: 8, batch_size: 1 })
    })

    it('joins and measures texts', async () => {
      const joined = { class_type: 'StringConcatenate', inputs: { string_a: 'näh', string_b: '🙂x', delimiter: '-' } }
      expect(await shown({ '1': joined }, ['1', 0])).toBe('näh-🙂x')
      const length = { class_type: 'StringLength', inputs: { string: ['1', 0] } }
      expect(await shown({ '1': joined, '2': length }, ['2', 0])).toBe('6')
    })

    it.each([
      ['PrimitiveFloat', 2.5, '2.5'],
      ['PrimitiveFloat', 3, '3.0'],
      ['PrimitiveBoolean', true, 'True'],
      ['PrimitiveString', 'a "b"', 'a "b"'],
      ['PrimitiveStringMultiline', 'a\nb', 'a\nb'],
      ['PrimitiveInt', -7, '-7'],
    ])('%s passes %j on', async (class_type, value, text) => {
      expect(await shown({ '1': { class_type, inputs: { value } } }, ['1', 0])).toBe(text)
    })

    it.each([
      ['ImageScale', { upscale_method: 'bilinear', width: 30, height: 20, crop: 'center' }, [30, 20, 1]],
      ['ImageScale', { upscale_method: 'lanczos', width: 32, height: 0, crop: 'disabled' }, [32, 16, 1]],
      ['ImageScaleBy', { upscale_method: 'nearest-exact', scale_by: 1.5 }, [24, 12, 1]],
      ['ImageInvert', {}, [16, 8, 1]],
      ['ImageBlur', { blur_radius: 3, sigma: 1.5 }, [16, 8, 1]],
      ['RepeatImageBatch', { amount: 5 }, [16, 8, 5]],
      ['ImageCrop', { width: 5, height: 4, x: 2, y: 1 }, [5, 4, 1]],
      ['ImageRotate', { rotation: '90 degrees' }, [8, 16, 1]],
      ['ImageFlip', { flip_method: 'x-axis: vertically' }, [16, 8, 1]],
    ])('%s with %j gives size and count', async (class_type, inputs, wanted) => {
      const nodes = {
        '1': { class_type: 'EmptyImage', inputs: { width: 16, height: 8, batch_size: 1, color: nextUnique() } },
        '2': { class_type, inputs: { image: ['1', 0], ...inputs } },
        '3': { class_type: 'GetImageSize', inputs: { image: ['2', 0] } },
      }
      const values = []
      for (const slot of [0, 1, 2]) values.push(Number(await shown(nodes, ['3', slot])))
      expect(values).toEqual(wanted)
    })

    it('ImageInvert turns colours around', async () => {
      const { default: sharp } = await import('sharp')
      const prompt = savePrompt({ color: 0x00ff40 })
      prompt['3'] = { class_type: 'ImageInvert', inputs: { image: ['1', 0] } }
      prompt['2']!.inputs['images'] = ['3', 0]
      const { entry } = await client().run(prompt)
      const { body } = await client().get(`/view?${new URLSearchParams(entry.outputs['2'].images[0]).toString()}`)
      const pixels = await sharp(body).raw().toBuffer()
      expect(Array.from(pixels.subarray(0, 3))).toEqual([0xff, 0, 0xbf])
    })

    it('runs the same prompt from the cache', async () => {
      const prompt = savePrompt()
      const first = await client().run(prompt)
      const second = await client().run(prompt)
      const cached = second.entry.status.messages.find(([event]: [string]) => event === 'execution_cached')[1]
      expect([...cached.nodes].sort()).toEqual(['1', '2'])
      expect(second.entry.outputs).toEqual(first.entry.outputs)
    })

    it('runs again only what changed', async () => {
      const prompt = savePrompt()
      await client().run(prompt)
      prompt['2']!.inputs['filename_prefix'] = `again_${nextUnique()}`
      const { entry } = await client().run(prompt)
      const cached = entry.status.messages.find(([event]: [string]) => event === 'execution_cached')[1]
      expect(cached.nodes).toEqual(['1'])
    })

    it('never takes SaveImageWebsocket from the cache', async () => {
      const prompt = { ...savePrompt(), '2': { class_type: 'SaveImageWebsocket', inputs: { images: ['1', 0] } } }
      await client().run(prompt)
      const { entry } = await client().run(prompt)
      const cached = entry.status.messages.find(([event]: [string]) => event === 'execution_cached')[1]
      expect(cached.nodes).toEqual(['1'])
    })

    it('runs only the targets of a partial execution', async () => {
      const prompt = savePrompt()
      prompt['3'] = { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: `part_${nextUnique()}` } }
      const { entry } = await client().run(prompt, { partial_execution_targets: ['3'] })
      expect(Object.keys(entry.outputs)).toEqual(['3'])
      expect(entry.prompt[4]).toEqual(['3'])
    })

    it('interrupts the running job, and that one only', async () => {
      const answer = await client().queue(slowPrompt())
      const promptId: string = answer.json().prompt_id
      await client().post('/interrupt', { prompt_id: 'another-job' })
      expect((await client().get(`/history/${promptId}`)).json()).toEqual({})
      await waitUntilRunning(promptId)
      expect((await client().post('/interrupt', { prompt_id: promptId })).status).toBe(200)
      const entry = await client().waitForHistory(promptId)
      expect(entry.status).toMatchObject({ status_str: 'error', completed: false })
      const [event, data] = entry.status.messages.at(-1)
      expect(event).toBe('execution_interrupted')
      expect(data).toMatchObject({ prompt_id: promptId, node_type: expect.any(String), executed: expect.any(Array) })
    })

    it('interrupts without a body, and the next job runs', async () => {
      const promptId: string = (await client().queue(slowPrompt())).json().prompt_id
      await waitUntilRunning(promptId)
      expect((await client().send('POST', '/interrupt')).status).toBe(200)
      expect((await client().waitForHistory(promptId)).status.status_str).toBe('error')
      expect((await client().run(savePrompt())).entry.status.status_str).toBe('success')
    })

    it('history tells prompt, outputs, status and meta', async () => {
      const prompt = savePrompt()
      const { promptId, entry } = await client().run(prompt)
      expect(entry).toEqual({
        prompt: [expect.any(Number), promptId, prompt, expect.any(Object), ['2']],
        outputs: { '2': { images: [expect.objectContaining({ type: 'output' })] } },
        status: {
          status_str: 'success',
          completed: true,
          messages: [
            ['execution_start', { prompt_id: promptId, timestamp: expect.any(Number) }],
            ['execution_cached', { nodes: [], prompt_id: promptId, timestamp: expect.any(Number) }],
            ['execution_success', { prompt_id: promptId, timestamp: expect.any(Number) }],
          ],
        },
        meta: { '2': { node_id: '2', display_node: '2', parent_node: null, real_node_id: '2' } },
      })
    })

    it('keeps no token of the client in the history', async () => {
      const extra_data = { api_key_comfy_org: 'key-to-hide', auth_token_comfy_org: 'token-to-hide', kept: 1 }
      const { entry } = await client().run(savePrompt(), { extra_data })
      expect(JSON.stringify(entry)).not.toContain('-to-hide')
      if (!throughGate) expect(entry.prompt[3]).toMatchObject({ kept: 1 })
    })

    it('max_items gives the newest, offset skips the oldest', async () => {
      const first = (await client().run(savePrompt())).promptId
      const second = (await client().run(savePrompt())).promptId
      const newest = (await client().get('/history?max_items=1')).json()
      const two = (await client().get('/history?max_items=2')).json()
      expect(Object.keys(newest)).toEqual([second])
      expect(Object.keys(two)).toEqual([first, second])
      const all = Object.keys((await client().get('/history')).json())
      const skipped = Object.keys((await client().get(`/history?offset=${all.length - 1}`)).json())
      expect(skipped).toEqual([second])
    })

    it.skipIf(throughGate)('max_items that is no number is 500', async () => {
      expect((await client().get('/history?max_items=x')).status).toBe(500)
    })

    it('deletes one entry of the history', async () => {
      const { promptId } = await client().run(savePrompt())
      const other = (await client().run(savePrompt())).promptId
      expect((await client().post('/history', { delete: [promptId, 'unknown'] })).status).toBe(200)
      expect((await client().get(`/history/${promptId}`)).json()).toEqual({})
      expect(Object.keys((await client().get(`/history/${other}`)).json())).toEqual([other])
    })

    it('clears the history', async () => {
      await client().run(savePrompt())
      expect((await client().post('/history', { clear: true })).status).toBe(200)
      expect((await client().get('/history')).json()).toEqual({})
    })

    it.skipIf(throughGate)('free_memory forgets cached results', async () => {
      const prompt = savePrompt()
      await client().run(prompt)
      expect((await client().post('/free', { unload_models: true, free_memory: true })).status).toBe(200)
      // ComfyUI looks at the flag after the next job.
      await client().run(savePrompt())
      const { entry } = await client().run(prompt)
      const cached = entry.status.messages.find(([event]: [string]) => event === 'execution_cached')[1]
      expect(cached.nodes).toEqual([])
    })
  })

  async function waitUntilRunning(promptId: string): Promise<void> {
    for (;;) {
      const { queue_running: running } = (await client().get('/queue')).json()
      if (running.some((item: unknown[]) => item[1] === promptId)) return
    }
  }
}
