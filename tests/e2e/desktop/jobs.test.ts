import { setTimeout } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { describe, expect, vi } from 'vitest'
import { desktopTest, patienceMs } from '../../support/desktopApp.ts'
import { addPerson, openPage, signIn, startPracticeEngine, switchSharingOn } from '../../support/desktopSteps.ts'

const password = 'seven grey herons by the weir'

/** Somebody's browser on their own queue. */
async function openQueue(browser: Browser, shareUrl: string, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(patienceMs)
  await page.goto(new URL('/gatehouse/queue', shareUrl).href)
  await signIn(page, name, password)
  await page.getByRole('heading', { name: 'Nothing waits' }).waitFor()
  return page
}

/** Sends a job that everybody's list shows by its size. */
async function send(page: Page, width: number): Promise<void> {
  const steps = { steps: 3, milliseconds_per_step: 50 }
  const sampler = { text: 'a lake', seed: 7, width, height: 64, batch_size: 1, ...steps }
  const prompt = {
    '1': { class_type: 'PracticeSampler', inputs: sampler },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'line' } },
  }
  // With the page's sign-in, but not from the page: it may talk to Gatehouse's own API only.
  const { origin } = new URL(page.url())
  const answer = await page.context().request.post(`${origin}/prompt`, { data: { prompt }, headers: { origin } })
  expect(answer.status()).toBe(200)
}

const sizesIn = async (page: Page, list: string): Promise<string[]> => {
  const rows = page.getByRole('region', { name: list }).getByRole('listitem')
  return (await rows.allInnerTexts()).map((text) => /\d+ × 64/.exec(text)?.[0] ?? '')
}

describe('the line', () => {
  desktopTest(
    'is paused, put in order by hand and resumed, and runs in that order',
    async ({ start, home, browser }) => {
      const app = await start()
      const { page } = app
      await startPracticeEngine(page, { withComfyuisPage: false })
      for (const name of ['Mia', 'Leo']) await addPerson(page, name, password)
      await switchSharingOn(page)
      await openPage(page, 'Jobs')
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByRole('menuitem', { name: 'Until I resume' }).click()
      await page.getByText('Paused until you resume').waitFor()

      const mia = await openQueue(browser, home.shareUrl, 'Mia')
      const leo = await openQueue(browser, home.shareUrl, 'Leo')
      // The number of jobs is known before the jobs are: there is no second page to ask for, which would put back the old.
      await page.route(/state=waiting/, async (route) => {
        await setTimeout(700)
        await route.continue()
      })
      await send(mia, 128)
      await send(mia, 192)
      await send(leo, 256)
      const line = (sizes: string[]) =>
        vi.waitFor(async () => expect(await sizesIn(page, 'In line: 3')).toEqual(sizes), 20_000)
      // People take turns.
      await line(['128 × 64', '256 × 64', '192 × 64'])
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await mia.getByText('Paused by the owner').waitFor()
      await mia.getByText('3rd in line').waitFor()

      const grip = (place: number) => page.getByRole('button', { name: new RegExp(`, ${place} in line$`) })
      const [from, to] = [await grip(3).boundingBox(), await grip(1).boundingBox()]
      if (from === null || to === null) throw new Error('no rows to drag')
      await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
      await page.mouse.down()
      await page.mouse.move(to.x + to.width / 2, to.y, { steps: 8 })
      await page.mouse.up()
      await line(['192 × 64', '128 × 64', '256 × 64'])
      await grip(3).focus()
      await page.keyboard.press('ArrowUp')
      await line(['192 × 64', '256 × 64', '128 × 64'])
      // Whoever uses the keyboard goes on with the same job.
      await page.waitForFunction(
        () => document.activeElement?.getAttribute('aria-label') === 'Move Leo’s job, 2 in line',
      )
      await leo.getByRole('heading', { name: '2nd in line' }).waitFor()

      // What waits because the line is paused keeps nobody awake; what is made does.
      const wakefulness = await app.watchWakefulness()
      await page.getByRole('button', { name: 'Resume' }).click()
      await vi.waitFor(async () => {
        expect(await sizesIn(page, 'Ended')).toEqual(['128 × 64', '256 × 64', '192 × 64'])
      }, patienceMs)
      await mia.getByRole('heading', { name: 'Nothing waits' }).waitFor()
      await vi.waitFor(async () => {
        const { now, held } = await wakefulness()
        expect([now, held]).toEqual([false, held.map(() => 'prevent-app-suspension')])
        expect(held.length).toBeGreaterThan(0)
      }, 20_000)
      await vi.waitFor(async () => expect(await sizesIn(mia, 'Ended')).toEqual(['128 × 64', '192 × 64']), 20_000)
      for (const own of [mia, leo]) await own.context().close()
    },
  )
})
