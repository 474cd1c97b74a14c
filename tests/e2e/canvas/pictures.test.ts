import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { describe, it } from 'vitest'
import { openCanvas, pressRun, setSetting, waitForPicture } from '../../support/canvasSteps.ts'
import { openCanvasWorld } from '../../support/canvasWorld.ts'

/** Where the pictures go; `npm run screenshots` names it. */
const directory = process.env['GATEHOUSE_PICTURES'] ?? ''

const gigabyte = 1024 ** 3
const waiting = { id: 'a', state: 'waiting', position: 2, expectedWaitSeconds: 360, reason: null }
const held = {
  id: 'b',
  state: 'held',
  position: null,
  expectedWaitSeconds: null,
  reason: 'The owner of this computer put it on hold.',
}
const room = { bytes: 12.4 * gigabyte, inputBytes: 0, quotaBytes: 20 * gigabyte, warning: null }
const nearlyFull = { ...room, bytes: 19.2 * gigabyte, warning: 'Nearly full: 19.2 GB of 20 GB' }

/** Each state as the gate would tell it; with the panel open where it says more than the badge. */
const states = {
  idle: { jobs: [], folder: room, isOpen: false },
  open: { jobs: [], folder: room, isOpen: true },
  waiting: { jobs: [waiting, { ...waiting, position: 4 }], folder: room, isOpen: true },
  held: { jobs: [held], folder: room, isOpen: true },
  full: { jobs: [], folder: nearlyFull, isOpen: true },
}

/** The badge follows what it is told within a second. */
async function expectShown(page: Page, jobs: readonly { state: string }[], folder: { warning: string | null }) {
  const words = { waiting: '3rd in line, about 6 minutes', held: 'On hold' }[jobs[0]?.state ?? '']
  const note = words ?? (folder.warning === null ? '' : 'Nearly full')
  await page
    .locator('.gatehouse-badge')
    .getByRole('button', { name: note === '' ? 'Mia' : `Mia, ${note}`, exact: true })
    .waitFor()
}

let picture = ''

async function takeStates(page: Page, scheme: 'light' | 'dark'): Promise<void> {
  const badge = page.locator('.gatehouse-badge').getByRole('button')
  for (const [name, { jobs, folder, isOpen }] of Object.entries(states)) {
    await page.unroute('**/gatehouse/api/v1/**')
    await page.route('**/gatehouse/api/v1/jobs?*', (route) =>
      route.fulfill({ json: { items: jobs, nextCursor: null } }),
    )
    await page.route('**/gatehouse/api/v1/folders/mine', (route) => route.fulfill({ json: folder }))
    await setSetting(page, 'Comfy.ColorPalette', scheme)
    // A run of one's own makes the page ask for both again.
    await pressRun(page)
    picture = await waitForPicture(page, picture)
    await expectShown(page, jobs, folder)
    if (isOpen) await badge.click()
    const shot = await page.screenshot({ animations: 'disabled' })
    await sharp(shot)
      .png({ palette: true, quality: 92, compressionLevel: 9, effort: 8 })
      .toFile(join(directory, `window-canvas-${name}-${scheme}.png`))
    if (isOpen) await page.keyboard.press('Escape')
  }
}

describe.skipIf(directory === '')('ComfyUI’s own page', () => {
  it('is taken with each state of the badge, light and dark', async () => {
    const world = await openCanvasWorld()
    try {
      const context = await world.browser.newContext({ viewport: { width: 1280, height: 800 } })
      const page = await context.newPage()
      await openCanvas(page, world.gatehouse.url, 'Mia')
      page.setDefaultTimeout(15_000)
      await pressRun(page)
      picture = await waitForPicture(page)
      for (const scheme of ['dark', 'light'] as const) await takeStates(page, scheme)
    } finally {
      await world.close()
    }
  })
})
