import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { describe } from 'vitest'
import { desktopTest, patienceMs } from '../../support/desktopApp.ts'
import { addPerson, makeFirstRun, openPage, runInComfyuisPage, switchSharingOn } from '../../support/desktopSteps.ts'

/** Where the pictures go; `npm run screenshots` names it. */
const directory = process.env['GATEHOUSE_PICTURES'] ?? ''

describe.skipIf(directory === '')('the real windows', () => {
  const take = async (page: Page, name: string): Promise<void> => {
    const picture = await page.screenshot({ animations: 'disabled' })
    await sharp(picture)
      .png({ palette: true, quality: 92, compressionLevel: 9, effort: 8 })
      .toFile(join(directory, `window-${name}.png`))
  }

  desktopTest('are taken from the first start to a key of the tray', async ({ start }) => {
    const app = await start()
    const { page } = app
    await page.getByRole('radio', { name: /^Practice engine/ }).waitFor()
    await take(page, 'first-run')

    const canvas = await makeFirstRun(page, { withComfyuisPage: true })
    await runInComfyuisPage(canvas)
    await take(canvas, 'comfyui')

    for (const name of ['Mia', 'Leo']) await addPerson(page, name, 'seven grey herons by the weir')
    await switchSharingOn(page)
    await page.getByRole('img', { name: /^QR code/ }).waitFor()
    await take(page, 'sharing')

    const opened = app.application.waitForEvent('window', { timeout: patienceMs })
    await app.clickMenu((item) => item.id.startsWith('newKey-') && item.label === 'Leo')
    const keyWindow = await opened
    await keyWindow.getByLabel('The new key').waitFor({ timeout: patienceMs })
    await take(keyWindow, 'key')
    await keyWindow.close()

    await openPage(page, 'Settings')
    await page.getByText('Dark', { exact: true }).click()
    await page.waitForFunction(() => document.documentElement.dataset['mantineColorScheme'] === 'dark')
    await openPage(page, 'Home')
    await page.getByRole('img', { name: /^QR code/ }).waitFor()
    await take(page, 'dark')
  })
})
