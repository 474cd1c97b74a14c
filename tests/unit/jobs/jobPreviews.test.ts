import { describe, expect, it } from 'vitest'
import { FanOut } from '../../../proxy/comfyui/fanOut.ts'
import { JobRegistry } from '../../../proxy/comfyui/jobs.ts'
import { TabDirectory } from '../../../proxy/comfyui/tabs.ts'
import { systemClock } from '../../../proxy/core/clock.ts'
import { JobPreviews } from '../../../proxy/jobs/jobPreviews.ts'

const jpeg = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(text)])
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1])

describe('previews of the running job', () => {
  it('are the last one, counted', () => {
    const previews = new JobPreviews()
    expect([previews.keep({ id: 'a' }, jpeg('1')), previews.keep({ id: 'a' }, png)]).toEqual([true, true])
    expect(previews.of({ id: 'a' })).toEqual({ number: 2, mediaType: 'image/png', bytes: png })
  })

  it('of another job are not this one’s, and the one before is forgotten', () => {
    const previews = new JobPreviews()
    previews.keep({ id: 'a' }, jpeg('1'))
    previews.keep({ id: 'b' }, jpeg('2'))
    expect([previews.of({ id: 'a' }), previews.of({ id: 'b' })?.number]).toEqual([undefined, 1])
  })

  it('end with the job, and not with another one', () => {
    const previews = new JobPreviews()
    previews.keep({ id: 'a' }, jpeg('1'))
    previews.drop('b')
    expect(previews.of({ id: 'a' })).toBeDefined()
    previews.drop('a')
    expect(previews.of({ id: 'a' })).toBeUndefined()
  })

  it.each([
    ['a page', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['a drawing with scripts', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['nothing', Buffer.alloc(0)],
    ['half a picture’s head', Buffer.from([0x89, 0x50])],
    ['more than a preview has', Buffer.concat([jpeg(''), Buffer.alloc(4 * 1024 * 1024)])],
  ])('are pictures: %s is not kept, and the one before stays', (_what, bytes) => {
    const previews = new JobPreviews()
    previews.keep({ id: 'a' }, jpeg('1'))
    expect(previews.keep({ id: 'a' }, bytes)).toBe(false)
    expect(previews.of({ id: 'a' })?.bytes).toEqual(jpeg('1'))
  })

  it('do not change with the bytes that brought them', () => {
    const previews = new JobPreviews()
    const bytes = jpeg('1')
    previews.keep({ id: 'a' }, bytes)
    bytes.fill(0)
    expect(previews.of({ id: 'a' })?.bytes).toEqual(jpeg('1'))
  })
})

describe('a picture on the engine’s socket', () => {
  const openFanOut = () => {
    const jobs = new JobRegistry()
    const told: [string, string][] = []
    const fanOut = new FanOut(jobs, new TabDirectory(systemClock), {
      queueChanged: () => undefined,
      job: () => undefined,
      preview: (promptId, image) => told.push([promptId, image.toString('latin1')]),
      countActive: () => 0,
      flags: () => undefined,
    })
    for (const promptId of ['mias', 'bens']) jobs.expect({ promptId, accountId: promptId, clientId: undefined })
    return { jobs, fanOut, told }
  }
  const head = (kind: number, second: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32BE(kind, 0)
    bytes.writeUInt32BE(second, 4)
    return bytes
  }
  const withMetadata = (metadata: object, image: string): Buffer => {
    const text = Buffer.from(JSON.stringify(metadata))
    return Buffer.concat([head(4, text.length), text, Buffer.from(image)])
  }

  it('is that of the job that runs when it does not say whose it is, and of nobody while none runs', () => {
    const { jobs, fanOut, told } = openFanOut()
    fanOut.binary(Buffer.concat([head(1, 1), Buffer.from('one')]))
    jobs.start('mias')
    fanOut.binary(Buffer.concat([head(1, 1), Buffer.from('two')]))
    expect(told).toEqual([['mias', 'two']])
  })

  it('is that of the job that it names, whichever runs', () => {
    const { jobs, fanOut, told } = openFanOut()
    jobs.start('bens')
    fanOut.binary(withMetadata({ prompt_id: 'mias', image_type: 'image/jpeg' }, 'hers'))
    fanOut.binary(withMetadata({ prompt_id: 'unknown', image_type: 'image/jpeg' }, 'whose?'))
    expect(told).toEqual([['mias', 'hers']])
  })
})
