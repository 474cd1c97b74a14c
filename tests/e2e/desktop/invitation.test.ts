import type { BrowserContext, Locator, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { desktopTest, patienceMs } from '../../support/desktopApp.ts'
import { addPerson, openPage, startPracticeEngine, switchSharingOn } from '../../support/desktopSteps.ts'
import { ask } from '../../support/httpClient.ts'
import { findBarriers } from '../../support/portalWorld.ts'

const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, ignoreHTTPSErrors: true }

/** A finger that is counted. */
class Finger {
  taps = 0

  async tap(target: Locator): Promise<void> {
    this.taps += 1
    await target.tap({ timeout: patienceMs })
  }

  /** The press on what the camera shows. */
  async scan(page: Page, link: string): Promise<void> {
    this.taps += 1
    await page.goto(link)
  }
}

const openPhone = async (context: BrowserContext): Promise<Page> => {
  const page = await context.newPage()
  page.setDefaultTimeout(patienceMs)
  return page
}

describe('coming in', () => {
  desktopTest('takes three taps from the code in the owner’s window to a first picture', async ({ start, browser }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    await openPage(app.page, 'People')
    await app.page.getByRole('button', { name: 'Invite' }).first().click()
    const dialog = app.page.getByRole('dialog')
    expect(await dialog.getByRole('radio', { name: /^User/ }).isChecked()).toBe(true)
    await dialog.getByRole('button', { name: 'Make the invitation' }).click()
    await dialog.getByRole('button', { name: 'Turn sharing on' }).click()
    await dialog.getByRole('img', { name: 'QR code of the invitation' }).waitFor()
    await dialog.getByRole('button', { name: 'Copy the link' }).click()
    await dialog.getByText(/^Copied/).waitFor()
    const link = await app.readClipboard()
    expect(link).toMatch(/#[\w-]{43}$/)

    const context = await browser.newContext(phone)
    const page = await openPhone(context)
    const finger = new Finger()
    await finger.scan(page, link)
    await page.getByRole('heading', { name: 'You are invited' }).waitFor()
    // The token is out of the address, and the name can be typed at once.
    expect(page.url()).not.toContain('#')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('username')
    expect(await findBarriers(page)).toEqual([])
    await page.keyboard.type('Mia')
    const password = page.getByRole('textbox', { name: 'Password' })
    expect(await password.inputValue()).toBe(
      await page.getByText(/^[a-z]+(-[a-z]+){4}/).evaluate((shown) => shown.firstChild?.textContent),
    )
    await finger.tap(page.getByRole('button', { name: 'Come in' }))
    await finger.tap(page.getByRole('button', { name: 'Run', exact: true }))
    const picture = page.getByRole('main').getByRole('img').first()
    await picture.waitFor()
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0)
    expect(finger.taps).toBe(3)

    await app.page.getByRole('dialog', { name: 'Mia is in.' }).waitFor()
    await page.goto(new URL('/', page.url()).href)
    // The plain address leads to one's own pages.
    await page.waitForURL(/\/gatehouse\//)
    const second = await openPhone(await browser.newContext(phone))
    await second.goto(link)
    await second.getByRole('heading', { name: 'This link is over' }).waitFor()
  })

  desktopTest('lets somebody in who knocks, by the words on their phone', async ({ start, home, browser }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    await addPerson(app.page, 'Mia', 'seven grey herons by the weir')
    await switchSharingOn(app.page)
    await openPage(app.page, 'Network')
    const proxies = app.page.getByRole('region', { name: 'Behind another proxy' })
    await proxies.getByRole('textbox', { name: 'Proxies that are believed' }).fill('127.0.0.5')
    await proxies.getByRole('button', { name: 'Save' }).click()
    await proxies.getByRole('button', { name: 'Save', disabled: true }).waitFor()
    await app.clickMenu((item) => item.id === 'knocking')

    const context = await browser.newContext(phone)
    const page = await openPhone(context)
    await page.goto(new URL('/login', home.shareUrl).href)
    await page.getByRole('button', { name: 'No account? Ask to come in' }).tap()
    await page.getByLabel('What is your name?').fill('Onkel Herbert')
    await page.getByRole('button', { name: 'Ask to come in' }).tap()
    await page.getByText(/^[a-z]+ [a-z]+$/).waitFor()
    await app.waitForMenu((item) => item.id === 'door' && item.label === 'At the door (1)')
    await page.getByRole('button', { name: 'Cancel' }).tap()
    await app.waitForMenu((item) => item.id === 'door' && !item.enabled)
    await page.getByRole('button', { name: 'No account? Ask to come in' }).tap()
    await page.getByLabel('What is your name?').fill('Onkel Herbert')
    await page.getByRole('button', { name: 'Ask to come in' }).tap()
    const words = await page.getByText(/^[a-z]+ [a-z]+$/).innerText()
    expect(await findBarriers(page)).toEqual([])

    await app.waitForMenu((item) => item.id === 'door' && item.label === 'At the door (1)')
    // Two more, who play with the door; this computer's own addresses count as one, so they come through a proxy.
    for (const device of ['192.168.1.71', '192.168.1.72']) {
      const headers = { 'content-type': 'application/json', 'x-forwarded-proto': 'https', 'x-forwarded-for': device }
      const from = '127.0.0.5'
      const asked = { method: 'POST', to: home.shareAddress, from, headers, body: JSON.stringify({ name: 'Nobody' }) }
      expect((await ask(home.port, '/gatehouse/api/v1/session/knock', asked)).status).toBe(201)
    }
    await app.page.getByRole('button', { name: 'Look' }).click()
    const dialog = app.page.getByRole('dialog')
    await dialog.getByText('Onkel Herbert').waitFor()
    await dialog.getByRole('radio', { name: words }).check()
    await dialog.getByRole('button', { name: 'As a User, for good' }).click()
    await dialog.getByText('The one before: “Onkel Herbert” can come in now.').waitFor()
    await dialog.getByText('Next, somebody says their name is').waitFor()
    expect(await findBarriers(app.page, { inWindow: true })).toEqual([])
    await dialog.getByRole('button', { name: 'Send everybody at the door away' }).click()
    await dialog.getByText('Everybody at the door was sent away.').waitFor()

    await page.getByRole('heading', { name: 'You are in' }).waitFor()
    await page.getByRole('button', { name: 'Go on without' }).tap()
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
    await app.waitForMenu((item) => item.id === 'door' && !item.enabled)
    await dialog.getByRole('button', { name: 'Done' }).click()
    // Nobody else can come in: whoever has no password and was let in is named, too.
    await openPage(app.page, 'Home')
    await app.page.getByRole('heading', { level: 1, name: /Mia and Onkel Herbert/ }).waitFor()
  })
})
