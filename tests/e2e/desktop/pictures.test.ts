import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { z } from 'zod'
import { desktopTest, patienceMs } from '../../support/desktopApp.ts'
import { repositoryRoot } from '../../support/desktopRuntime.ts'
import {
  addPerson,
  expectFinishedRun,
  openPage,
  runByScript,
  signIn,
  startPracticeEngine,
  statusOf,
  switchSharingOn,
} from '../../support/desktopSteps.ts'
import { people, portalScenario } from '../../support/pageFixtures.ts'
import { createManyOutputs, ownFolder, toOutputPages } from '../../support/pageFixturesOutputs.ts'
import { openPageServer } from '../../support/pageFixturesServer.ts'

const password = 'seven grey herons by the weir'
const nothingYet = 'Pictures you make appear here.'

async function openAs(browser: Browser, url: string, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(patienceMs)
  await page.goto(url)
  await signIn(page, name, password)
  await page.waitForURL(url)
  return page
}

/** Every preview that is in the document has come, and shows something. */
const seePreviews = (page: Page) =>
  page.waitForFunction(
    () => document.images.length > 0 && [...document.images].every((image) => image.complete && image.naturalWidth > 0),
  )

describe('pictures', () => {
  desktopTest(
    'are seen, kept, removed and brought back by whose they are, and not seen by anybody else',
    async ({ start, home, browser }) => {
      const app = await start()
      await startPracticeEngine(app.page, { withComfyuisPage: false })
      await addPerson(app.page, 'Mia', password)
      await addPerson(app.page, 'Leo', password)
      await switchSharingOn(app.page)
      const [mia, leo] = [await openAs(browser, home.shareUrl, 'Mia'), await openAs(browser, home.shareUrl, 'Leo')]
      const gallery = new URL('/gatehouse/pictures', home.shareUrl).href

      await mia.goto(gallery)
      await mia.getByText(nothingYet).waitFor()
      await mia.goto(home.shareUrl)
      expectFinishedRun(await runByScript(mia))
      await mia.goto(gallery)
      const picture = mia.getByRole('button', { name: /^Picture e2e_/ })
      await picture.click()
      const dialog = mia.getByRole('dialog', { name: /^e2e_/ })
      await dialog.getByText('256 × 192').waitFor()
      await seePreviews(mia)
      const id = z.string().parse(new URL(mia.url()).searchParams.get('picture'))
      await dialog.getByRole('button', { name: 'Keep', exact: true }).click()
      await dialog.getByRole('button', { name: 'Kept' }).waitFor()
      await mia.keyboard.press('Escape')

      // The focus came back to the picture: its keys work at once.
      await mia.getByRole('button', { name: /, kept$/ }).waitFor()
      await mia.keyboard.press('Delete')
      await mia.getByText(nothingYet).waitFor()
      // The page shows it before the gate has answered.
      await expect.poll(() => statusOf(mia, `/gatehouse/api/v1/outputs/${id}/file`)).toBe(404)
      await mia.getByRole('button', { name: 'Undo' }).click()
      await picture.waitFor()
      await expect.poll(() => statusOf(mia, `/gatehouse/api/v1/outputs/${id}/file`)).toBe(200)

      await leo.goto(`${gallery}?picture=${id}`)
      await leo.getByText('This picture is no longer here.').waitFor()
      await leo.keyboard.press('Escape')
      await leo.getByText(nothingYet).waitFor()
      for (const path of ['', '/file', '/thumbnail', '/workflow']) {
        expect(await statusOf(leo, `/gatehouse/api/v1/outputs/${id}${path}`)).toBe(404)
      }

      await openPage(app.page, 'Pictures')
      await app.page.getByRole('button', { name: /^Picture e2e_.*by Mia, kept$/ }).waitFor()
      await seePreviews(app.page)
      await app.page.getByLabel('Whose').selectOption('Leo')
      await app.page.getByRole('button', { name: /^Picture/ }).waitFor({ state: 'detached' })
      await app.page.getByRole('tab', { name: 'Folders and room' }).click()
      await app.page.getByRole('listitem', { name: 'Mia' }).getByText('1 file').waitFor()
      await Promise.all([mia.context().close(), leo.context().close()])
    },
  )

  desktopTest('come by the thousand without filling the document', async ({ browser }) => {
    const [, mia] = people
    if (mia === undefined) throw new TypeError('Mia is among the people')
    const server = await openPageServer(join(repositoryRoot, 'dist', 'pages'))
    const outputs = createManyOutputs(mia, 10_000)
    server.show(portalScenario(mia, { 'GET outputs': toOutputPages(outputs), 'GET folders/mine': ownFolder(mia) }))
    const page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage()
    try {
      await page.goto(`${server.origin}/gatehouse/pictures`)
      const tiles = page.getByRole('button', { name: /^Picture Landscape/ })
      await tiles.first().focus()
      let most = 0
      let elements = 0
      for (let end = ''; end !== outputs.at(-1)?.id;) {
        // To the end of what was read: the next page comes, and with it a new end.
        await page.keyboard.press('End')
        await page.waitForFunction(() => document.activeElement?.hasAttribute('data-output'))
        end = (await tiles.last().getAttribute('data-output')) ?? ''
        most = Math.max(most, await tiles.count())
        elements = Math.max(elements, await page.evaluate(() => document.querySelectorAll('*').length))
      }

      expect(most).toBeLessThan(150)
      expect(elements).toBeLessThan(1500)
    } finally {
      await page.context().close()
      await server.close()
    }
  })

  desktopTest('that cannot be read on are asked for again only when somebody says so', async ({ browser }) => {
    const [, mia] = people
    if (mia === undefined) throw new TypeError('Mia is among the people')
    const server = await openPageServer(join(repositoryRoot, 'dist', 'pages'))
    const pages = toOutputPages(createManyOutputs(mia, 400))
    let asked = 0
    const answer = (query: URLSearchParams) => {
      if (query.has('cursor')) asked += 1
      if (asked === 1) throw new TypeError('a disk that sleeps')
      return pages(query)
    }
    server.show(portalScenario(mia, { 'GET outputs': answer, 'GET folders/mine': ownFolder(mia) }))
    const page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage()
    try {
      await page.goto(`${server.origin}/gatehouse/pictures`)
      const tiles = page.getByRole('button', { name: /^Picture Landscape/ })
      await tiles.first().focus()
      await page.keyboard.press('End')
      await page.getByText('Older pictures could not be read.').waitFor()
      // Moving about draws anew, and asks for nothing.
      for (const key of ['ArrowUp', 'ArrowUp', 'End']) await page.keyboard.press(key)
      expect(asked).toBe(1)

      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByText('Older pictures could not be read.').waitFor({ state: 'detached' })
      expect(asked).toBe(2)
    } finally {
      await page.context().close()
      await server.close()
    }
  })
})
