import sharp from 'sharp'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usesRealComfyui } from '../../support/engineUnderTest.ts'
import { findBarriers, openPortalWorld } from '../../support/portalWorld.ts'
import type { PortalWorld } from '../../support/portalWorld.ts'

let world: PortalWorld

const seed = { kind: 'seed', label: 'Seed', min: '0', max: '18446744073709551615', default: '5' }

/** Turns a photo into its negative: EmptyImage has no picture to start from, and every ComfyUI has these nodes. */
const negative = {
  name: 'Negative of a photo',
  description: 'Takes a photo and turns its colours around.',
  prompt: {
    '1': { class_type: 'LoadImage', inputs: { image: 'example.png' } },
    '2': { class_type: 'ImageScaleBy', inputs: { image: ['1', 0], upscale_method: 'nearest-exact', scale_by: 0.5 } },
    '3': { class_type: 'ImageInvert', inputs: { image: ['2', 0] } },
    '4': { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'negative' } },
  },
  inputs: [
    { kind: 'image', key: '1.image', label: 'Your photo', default: 'example.png' },
    { kind: 'number', key: '2.scale_by', label: 'Size', min: 0.25, max: 1, step: 0.25, default: 0.5 },
  ],
}

/** Long enough to be left and come back to; shows itself while it runs. */
const slow = {
  name: 'A lake, slowly',
  description: '',
  prompt: {
    '1': {
      class_type: 'PracticeSampler',
      inputs: {
        text: 'a lake',
        seed: 5,
        steps: 200,
        width: 128,
        height: 128,
        batch_size: 1,
        milliseconds_per_step: 300,
      },
    },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'lake' } },
  },
  inputs: [
    { kind: 'text', key: '1.text', label: 'Words', multiline: true, maxLength: 200, default: 'a lake' },
    { kind: 'integer', key: '1.steps', label: 'Steps', min: 1, max: 200, step: 1, default: 200 },
    { ...seed, key: '1.seed' },
  ],
}

let photo: Buffer

beforeAll(async () => {
  world = await openPortalWorld()
  await world.publish(negative)
  if (!usesRealComfyui) await world.publish(slow)
  // As a phone makes them: large, lying on its side, and with the place where it was taken.
  photo = await sharp({ create: { width: 3000, height: 2250, channels: 3, background: { r: 250, g: 40, b: 10 } } })
    .withExif({ IFD0: { Make: 'Phone' }, IFD3: { GPSLatitude: '52/1 30/1 0/1', GPSLatitudeRef: 'N' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
})
afterAll(() => world.close())

const patience = { timeout: 60_000 }

async function choosePhoto(page: Page): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a picture' }).tap()
  await (await chooser).setFiles({ name: 'IMG_20261123_Home.jpg', mimeType: 'image/jpeg', buffer: photo })
  await page.getByRole('img', { name: 'Your photo: Your picture' }).waitFor(patience)
}

const openForm = async (page: Page, name: string): Promise<void> => {
  const card = page.getByRole('link', { name: new RegExp(`^${name}`) })
  // The only one opens at once.
  await page.getByRole('heading', { level: 1, name }).or(card).waitFor(patience)
  if (await card.isVisible()) await card.tap()
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor(patience)
}

/** The bytes of the result as the page shows it. */
async function readResult(page: Page): Promise<Buffer> {
  const source = await page.getByRole('img', { name: /^Result: / }).getAttribute('src', patience)
  const answer = await page.request.get(new URL(source ?? '', page.url()).href)
  expect(answer.status()).toBe(200)
  return answer.body()
}

const jobOf = (page: Page): string => new URL(page.url()).searchParams.get('job') ?? ''

describe('the page Run on a phone', () => {
  it('turns a photo of the phone into a picture, once more, and with something changed', async () => {
    const page = await world.openPhone('Tom')
    await page.waitForURL('**/gatehouse/run**', patience)
    await openForm(page, negative.name)

    await page.getByRole('button', { name: 'Run', exact: true }).tap()
    await page.getByText('Choose a picture.').waitFor()
    expect(await findBarriers(page)).toEqual([])
    await choosePhoto(page)
    await page.getByRole('button', { name: 'Run', exact: true }).tap()

    const result = await sharp(await readResult(page))
      .raw()
      .toBuffer({ resolveWithObject: true })
    // Sent upright and at most 2048 pixels long, and half of that was published.
    expect([result.info.width, result.info.height]).toEqual([768, 1024])
    const [red = 0, green = 0, blue = 0] = result.data
    expect([red < 20, green > 200, blue > 230]).toEqual([true, true, true])
    expect(await findBarriers(page)).toEqual([])

    // Nothing of it is left to chance, so once more would be the same; ComfyUI makes no file for that.
    expect(await page.getByRole('button', { name: 'Run again' }).isVisible()).toBe(false)
    const first = jobOf(page)
    await page.getByRole('button', { name: 'Change something' }).tap()
    await page.getByRole('button', { name: 'Run', exact: true }).tap()
    await page.getByText('Nothing was changed').waitFor(patience)
    expect(jobOf(page)).not.toBe(first)
    expect((await sharp(await readResult(page)).metadata()).width).toBe(768)

    await page.getByRole('button', { name: 'Change something' }).tap()
    await page.getByRole('img', { name: 'Your photo: Your picture' }).waitFor(patience)
    await page.getByLabel('Size', { exact: true }).fill('0.25')
    await page.getByRole('button', { name: 'Run', exact: true }).tap()
    expect((await sharp(await readResult(page)).metadata()).width).toBe(384)

    await page.getByRole('button', { name: 'Use as start picture' }).tap()
    await page.getByRole('button', { name: 'Run', exact: true }).tap()
    expect((await sharp(await readResult(page)).metadata()).width).toBe(96)
    await page.context().close()
  })

  it('sends a photo without the place where it was taken', async () => {
    const page = await world.openPhone('Tom')
    await openForm(page, negative.name)
    const sent = page.waitForRequest((request) => request.url().endsWith('/upload/image'))
    await choosePhoto(page)
    const body = (await sent).postDataBuffer() ?? Buffer.alloc(0)
    expect(body.length).toBeLessThan(1024 * 1024)
    for (const trace of ['Exif', 'Phone', 'IMG_20261123_Home'])
      expect([trace, body.includes(trace)]).toEqual([trace, false])
    await page.context().close()
  })

  it.skipIf(usesRealComfyui)('shows a run as it goes on, to its person alone, and stops it', async () => {
    const page = await world.openPhone('Tom', 'dark')
    await openForm(page, slow.name)
    await page.getByRole('button', { name: 'Run', exact: true }).tap()
    const preview = page.getByRole('img', { name: 'Your picture, not done yet' })
    await preview.waitFor(patience)
    await expect.poll(() => preview.evaluate((image: any) => image.naturalWidth), patience).toBeGreaterThan(0)
    expect(await findBarriers(page)).toEqual([])

    const path = `gatehouse/api/v1/jobs/${jobOf(page)}/preview`
    const readAs = async (name: string) =>
      (await fetch(new URL(path, world.gatehouse.url), { headers: await world.gatehouse.signIn(name) })).status
    expect([await readAs('Tom'), await readAs('Leo')]).toEqual([200, 404])

    await page.getByRole('link', { name: 'Pictures' }).tap()
    await page.getByRole('heading', { level: 1, name: 'Pictures' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'Run' }).tap()
    await page.getByRole('list', { name: 'Under way' }).getByRole('link').tap()
    await page.getByRole('button', { name: 'Stop', exact: true }).tap()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop your job' }).tap()
    await page.getByText('This run was stopped.').waitFor(patience)
    expect(await readAs('Tom')).toBe(404)

    await page.getByRole('button', { name: 'Change something' }).tap()
    // The seed that was drawn for it is held.
    expect(await page.getByLabel('Seed').inputValue()).toMatch(/^\d+$/)
    await page.getByRole('button', { name: 'New each time' }).tap()
    await page.getByLabel('Steps', { exact: true }).fill('2')
    await page.getByRole('button', { name: 'Run', exact: true }).tap()
    const before = await readResult(page)
    const last = jobOf(page)
    await page.getByRole('button', { name: 'Run again' }).tap()
    await expect.poll(() => jobOf(page), patience).not.toBe(last)
    // With another seed.
    expect((await readResult(page)).equals(before)).toBe(false)
    await page.context().close()
  })

  it.skipIf(usesRealComfyui)('shows what can be run, in the light and in the dark', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const page = await world.openPhone('Leo', scheme)
      await page.getByRole('link', { name: new RegExp(`^${slow.name}`) }).waitFor(patience)
      expect(await findBarriers(page)).toEqual([])
      await page.context().close()
    }
  })
})
