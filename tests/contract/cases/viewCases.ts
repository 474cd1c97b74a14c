import { describe, expect, it } from 'vitest'
import type { ContractContext } from '../engineContract.ts'
import { makePng, nextUnique } from '../prompts.ts'

/** GET /view. */
export function describeViews({ client, throughGate }: ContractContext): void {
  const place = async (filename = `view_${nextUnique()}.png`): Promise<{ name: string; content: Buffer }> => {
    const content = await makePng()
    const answer = await client().upload('/upload/image', { image: { filename, content }, overwrite: 'true' })
    return { name: answer.json().name, content }
  }
  const view = (query: Record<string, string>, headers: Record<string, string> = {}) =>
    client().get(`/view?${new URLSearchParams({ type: 'input', ...query }).toString()}`, headers)

  describe('view', () => {
    it('gives the file as it is', async () => {
      const { name, content } = await place()
      const answer = await view({ filename: name })
      expect(answer.status).toBe(200)
      expect(answer.body.equals(content)).toBe(true)
      expect(answer.headers['content-type']).toBe('image/png')
      expect(answer.headers['content-disposition']).toContain(`filename="${name}"`)
      expect(answer.headers['accept-ranges']).toBe('bytes')
    })

    it('works below /api and for HEAD', async () => {
      const { name, content } = await place()
      const head = await client().send('HEAD', `/api/view?filename=${name}&type=input`)
      expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, String(content.length), 0])
    })

    it('answers 304 for the same ETag or date', async () => {
      const { name } = await place()
      const { headers } = await view({ filename: name })
      const byTag = await view({ filename: name }, { 'if-none-match': headers.etag ?? '' })
      const byDate = await view({ filename: name }, { 'if-modified-since': headers['last-modified'] ?? '' })
      const other = await view({ filename: name }, { 'if-none-match': '"another"' })
      expect([byTag.status, byDate.status, other.status]).toEqual([304, 304, 200])
      expect(byTag.body.length).toBe(0)
    })

    it.each([
      ['bytes=0-3', 0, 4],
      ['bytes=4-', 4, undefined],
      ['bytes=-5', -5, undefined],
      ['bytes=2-999999', 2, undefined],
    ])('gives the range %s', async (range, from, to) => {
      const { name, content } = await place()
      const answer = await view({ filename: name }, { range })
      expect(answer.status).toBe(206)
      expect(answer.body.equals(content.subarray(from, to))).toBe(true)
      const start = from < 0 ? content.length + from : from
      expect(answer.headers['content-range']).toBe(`bytes ${start}-${start + answer.body.length - 1}/${content.length}`)
    })

    it.each(['bytes=99999-', 'bytes=5-2', 'lines=1-2'])('refuses the range %s', async (range) => {
      const { name, content } = await place()
      const answer = await view({ filename: name }, { range })
      expect(answer.status).toBe(416)
      expect(answer.headers['content-range']).toBe(`bytes */${content.length}`)
    })

    it.each([
      ['webp', 'image/webp', 'webp'],
      ['webp;50', 'image/webp', 'webp'],
      ['jpeg', 'image/jpeg', 'jpeg'],
      ['jpeg;80', 'image/jpeg', 'jpeg'],
      ['unknown', 'image/webp', 'webp'],
    ])('makes a preview %s', async (preview, type, format) => {
      const { default: sharp } = await import('sharp')
      const { name } = await place()
      const answer = await view({ filename: name, preview })
      expect([answer.status, answer.headers['content-type']]).toEqual([200, type])
      expect(await sharp(answer.body).metadata()).toMatchObject({ format, width: 2, height: 2 })
    })

    it('gives the colours without alpha, and alpha without colours', async () => {
      const { default: sharp } = await import('sharp')
      const { name } = await place()
      const rgb = await sharp((await view({ filename: name, channel: 'rgb' })).body)
        .raw()
        .toBuffer({ resolveWithObject: true })
      const alpha = await sharp((await view({ filename: name, channel: 'a' })).body)
        .raw()
        .toBuffer({ resolveWithObject: true })
      expect(rgb.info.channels).toBe(3)
      expect(Array.from(rgb.data.subarray(0, 3))).toEqual([255, 0, 0])
      expect(alpha.info.channels).toBe(4)
      expect(Array.from(alpha.data).filter((_, index) => index % 4 === 3)).toEqual([255, 255, 255, 128])
      expect(Array.from(alpha.data.subarray(0, 3))).toEqual([0, 0, 0])
    })

    it('a suffix in the name decides over the type', async () => {
      const { name, content } = await place()
      const answer = await client().get(`/view?filename=${encodeURIComponent(`${name} [input]`)}&type=output`)
      expect(answer.body.equals(content)).toBe(true)
    })

    it('looks into a sub-folder', async () => {
      const content = await makePng(7)
      await client().upload('/upload/image', {
        image: { filename: 'deep.png', content },
        subfolder: 'view/deep',
        overwrite: '1',
      })
      expect((await view({ filename: 'deep.png', subfolder: 'view/deep' })).body.equals(content)).toBe(true)
    })

    it.each([
      ['', 400],
      ['../x.png', 400],
      ['/etc/passwd', 400],
      ['a..b.png', 400],
      ['missing.png', 404],
      ['missing.png [output]', 404],
    ])('the name %j is %i', async (filename, status) => {
      const answer = await view({ filename })
      expect(answer.status).toBe(status)
      expect(answer.text).not.toContain('root:')
    })

    it.each(['..', '../..', '/etc', 'a/../../..'])('path traversal by the sub-folder %j is 403', async (subfolder) => {
      expect([403, throughGate ? 400 : 403]).toContain((await view({ filename: 'passwd', subfolder })).status)
    })

    it('an unknown type is 400, no name is 404', async () => {
      expect((await view({ filename: 'x.png', type: 'models' })).status).toBe(400)
      expect((await client().get('/view')).status).toBe(404)
    })

    it.each(['page.html', 'style.css', 'script.mjs'])('never shows %s inline', async (filename) => {
      await client().upload('/upload/image', { image: { filename, content: Buffer.from('<b>') }, overwrite: '1' })
      const answer = await view({ filename })
      if (answer.status === 200) expect(answer.headers['content-type']).toBe('application/octet-stream')
      else expect(throughGate).toBe(true)
    })
  })
}
