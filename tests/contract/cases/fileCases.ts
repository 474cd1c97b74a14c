import { describe, expect, it } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { makePng, nextUnique, savePrompt } from '../prompts.ts'

/** Uploads and loading what was uploaded. */
export function describeFiles({ client, throughGate }: ContractContext): void {
  const upload = (filename: string, content: Buffer, fields: Record<string, string> = {}) =>
    client().upload('/upload/image', { image: { filename, content }, ...fields })
  const view = (query: Record<string, string>) =>
    client().get(`/view?${new URLSearchParams({ type: 'input', ...query }).toString()}`)

  describe('upload', () => {
    it('answers with name, sub-folder and type', async () => {
      const filename = `up_${nextUnique()}.png`
      const answer = await upload(filename, await makePng())
      expect(answer.status).toBe(200)
      expect(answer.json()).toEqual({ name: filename, subfolder: '', type: 'input' })
    })

    it('keeps the same picture once', async () => {
      const filename = `same_${nextUnique()}.png`
      const content = await makePng(1)
      await upload(filename, content)
      expect((await upload(filename, content)).json().name).toBe(filename)
    })

    it('gives other pictures of the same name a number', async () => {
      const stem = `other_${nextUnique()}`
      const names = []
      for (const seed of [1, 2, 3, 2]) names.push((await upload(`${stem}.png`, await makePng(seed))).json().name)
      expect(names).toEqual([`${stem}.png`, `${stem} (1).png`, `${stem} (2).png`, `${stem} (1).png`])
    })

    it.each(['true', '1'])('overwrites with overwrite=%s', async (overwrite) => {
      const filename = `over_${nextUnique()}.png`
      await upload(filename, await makePng(1))
      const content = await makePng(2)
      expect((await upload(filename, content, { overwrite })).json().name).toBe(filename)
      expect((await view({ filename })).body.equals(content)).toBe(true)
    })

    it('makes sub-folders', async () => {
      const subfolder = `folder_${nextUnique()}/inner`
      expect((await upload('a.png', await makePng(), { subfolder })).json()).toEqual({
        name: 'a.png',
        subfolder,
        type: 'input',
      })
      expect((await view({ filename: 'a.png', subfolder })).status).toBe(200)
    })

    it('keeps names that are not ASCII', async () => {
      const filename = `Zürich 日本 ${nextUnique()}.png`
      expect((await upload(filename, await makePng())).json().name).toBe(filename)
      expect((await view({ filename })).status).toBe(200)
    })

    it.each(['..', '../outside', '/tmp', 'a/../../..'])(
      'path traversal by the sub-folder %j is 400',
      async (subfolder) => {
        expect((await upload('x.png', await makePng(), { subfolder })).status).toBe(400)
      },
    )

    it.each(['../x.png', 'a/../../x.png', '../../../x.png'])(
      'path traversal by the name %j is 400',
      async (filename) => {
        expect((await upload(filename, await makePng())).status).toBe(400)
      },
    )

    it.skipIf(throughGate)('takes the leading slashes off a name', async () => {
      const name = `absolute_${nextUnique()}.png`
      expect((await upload(`//${name}`, await makePng())).json()).toEqual({ name, subfolder: '', type: 'input' })
    })

    it.skipIf(throughGate)('a name with a folder that is not there is 500', async () => {
      expect((await upload(`none_${nextUnique()}/x.png`, await makePng())).status).toBe(500)
    })

    it('without a file is 400', async () => {
      expect((await client().upload('/upload/image', { type: 'input' })).status).toBe(400)
      // The gate looks for the file's name in the form and takes nothing else.
      expect((await client().post('/upload/image', {})).status).toBe(throughGate ? 415 : 400)
    })

    it.skipIf(throughGate)('an unknown type is 500, temp and output are taken', async () => {
      const filename = `typed_${nextUnique()}.png`
      expect((await upload(filename, await makePng(), { type: 'models' })).status).toBe(500)
      expect((await upload(filename, await makePng(), { type: 'temp' })).json().type).toBe('temp')
      expect((await view({ filename, type: 'temp' })).status).toBe(200)
    })

    it('mask: the picture gets the alpha of the mask and keeps its texts', async () => {
      const { default: sharp } = await import('sharp')
      const { entry } = await client().run(savePrompt({ width: 2, height: 2, color: 0xff0000 }))
      const [original] = entry.outputs['2'].images
      const answer = await client().upload('/upload/mask', {
        image: { filename: `mask_${nextUnique()}.png`, content: await makePng() },
        original_ref: JSON.stringify(original),
        type: 'input',
        subfolder: 'masks',
      })
      expect(answer.status).toBe(200)
      const { body } = await view({ filename: answer.json().name, subfolder: 'masks' })
      const pixels = await sharp(body).raw().toBuffer()
      expect(Array.from(pixels.subarray(12))).toEqual([255, 0, 0, 128])
      expect(body.toString('latin1')).toContain('tEXtprompt')
    })
  })

  describe('loading', () => {
    it('LoadImage gives what was uploaded', async () => {
      const { default: sharp } = await import('sharp')
      const { name } = (await upload(`load_${nextUnique()}.png`, await makePng(9))).json()
      const { entry } = await client().run({
        ...savePrompt(),
        '1': { class_type: 'LoadImage', inputs: { image: name } },
      })
      const { body } = await view({ ...entry.outputs['2'].images[0] })
      const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true })
      expect(info).toMatchObject({ width: 2, height: 2, channels: 3 })
      expect(Array.from(data)).toEqual([255, 0, 9, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    })

    it('LoadImage’s mask is what was transparent', async () => {
      const { default: sharp } = await import('sharp')
      const { name } = (await upload(`masked_${nextUnique()}.png`, await makePng(3))).json()
      const { entry } = await client().run({
        '1': { class_type: 'LoadImage', inputs: { image: name } },
        '3': { class_type: 'MaskToImage', inputs: { mask: ['1', 1] } },
        '2': { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: `mask_${nextUnique()}` } },
      })
      const { body } = await view({ ...entry.outputs['2'].images[0] })
      const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true })
      expect(Array.from({ length: 4 }, (_, pixel) => data[pixel * info.channels])).toEqual([
        0,
        0,
        0,
        // ComfyUI cuts the fraction off where others round.
        expect.toSatisfy((value: number) => value === 126 || value === 127),
      ])
    })

    it('LoadImage reads results by their suffix', async () => {
      const first = await client().run(savePrompt())
      const { filename } = first.entry.outputs['2'].images[0]
      const second = await client().run({
        ...savePrompt(),
        '1': { class_type: 'LoadImage', inputs: { image: `${filename} [output]` } },
      })
      expect(second.entry.status.status_str).toBe('success')
    })

    it('LoadImage runs again when the file changed', async () => {
      const filename = `changing_${nextUnique()}.png`
      const prompt = { ...savePrompt(), '1': { class_type: 'LoadImage', inputs: { image: filename } } }
      await upload(filename, await makePng(1), { overwrite: '1' })
      await client().run(prompt)
      await upload(filename, await makePng(2), { overwrite: '1' })
      const { entry } = await client().run(prompt)
      const cached = entry.status.messages.find(([event]: [string]) => event === 'execution_cached')[1]
      expect(cached.nodes).toEqual([])
    })

    it.runIf(throughGate)('a file that is no picture is not taken', async () => {
      const answer = await upload(`broken_${nextUnique()}.png`, Buffer.from('no picture'))
      expect(answer.status).toBe(415)
    })

    it.skipIf(throughGate)('a file that is no picture ends as an error of the node', async () => {
      const { name } = (await upload(`broken_${nextUnique()}.png`, Buffer.from('no picture'))).json()
      const { entry } = await client().run({
        ...savePrompt(),
        '1': { class_type: 'LoadImage', inputs: { image: name } },
      })
      const [event, data] = entry.status.messages.at(-1)
      expect([event, data.node_id, data.exception_type]).toEqual(['execution_error', '1', 'PIL.UnidentifiedImageError'])
      expect(data.exception_message).toContain('cannot identify image file')
    })
  })
}
