import type { Locator, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { desktopTest } from '../../support/desktopApp.ts'
import {
  addPerson,
  openComfyui,
  openPage,
  startPracticeEngine,
  statusOf,
  switchSharingOn,
} from '../../support/desktopSteps.ts'
import { ask } from '../../support/httpClient.ts'
import type { HttpAnswer } from '../../support/httpClient.ts'
import { findBarriers } from '../../support/portalWorld.ts'
import { TabClient } from '../../support/tabClient.ts'

const password = 'seven grey herons by the weir'
const health = '/gatehouse/healthz'

/** A program on another address than the window's, as the gate sees it. */
class Caller {
  readonly #where: { readonly port: number; readonly to: string; readonly from: string }
  readonly #headers: Readonly<Record<string, string>>

  constructor(home: { port: number; shareAddress: string }, from: string, headers = {}) {
    this.#where = { port: home.port, to: home.shareAddress, from }
    this.#headers = headers
  }

  /** The status of the answer, or how the connection failed. */
  async knock(): Promise<number | string> {
    const { port, to, from } = this.#where
    return ask(port, health, { to, from, headers: this.#headers }).then(
      ({ status }) => status,
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'failed'),
    )
  }

  signIn(username: string, text: string): Promise<HttpAnswer> {
    const { port, to, from } = this.#where
    const headers = { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 (Android 14)', ...this.#headers }
    const body = JSON.stringify({ username, password: text })
    return ask(port, '/gatehouse/api/v1/session', { method: 'POST', to, from, headers, body })
  }

  async guess(username: string, times: number): Promise<number[]> {
    const statuses: number[] = []
    for (let turn = 1; turn <= times; turn += 1)
      statuses.push((await this.signIn(username, `guess ${String(turn)}`)).status)
    return statuses
  }

  /** Signs in and keeps a connection open, as a tab does. */
  async openTab(username: string): Promise<TabClient> {
    const answer = await this.signIn(username, password)
    expect([username, answer.status]).toEqual([username, 200])
    const cookie = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ')
    const { port, to, from } = this.#where
    return TabClient.open(port, '/ws', { to, localAddress: from, headers: { cookie } })
  }
}

const narrow = { viewport: { width: 360, height: 740 } }
const inWindow = { inWindow: true }
const section = (page: Page, name: string): Locator => page.getByRole('region', { name })

describe('the page Network', () => {
  desktopTest('keeps an address out at once, says whom that meets, and lets it in again', async ({ start, home }) => {
    const { page } = await start()
    await startPracticeEngine(page, { withComfyuisPage: false })
    await addPerson(page, 'Mia', password)
    await addPerson(page, 'Leo', password)
    await switchSharingOn(page)
    const [unwanted, other] = [new Caller(home, '127.0.0.66'), new Caller(home, '127.0.0.67')]
    const [unwantedTab, otherTab] = [await unwanted.openTab('Mia'), await other.openTab('Leo')]

    await openPage(page, 'Network')
    const rules = section(page, 'Address rules')
    await rules.getByText('No rules. Everybody at home can reach the sign-in page.').waitFor()
    await rules.getByRole('button', { name: 'New rule' }).click()
    const dialog = page.getByRole('dialog', { name: 'A rule for addresses' })
    const address = dialog.getByLabel('Address or network')
    await address.fill('127.0.0.')
    await dialog.getByRole('alert').waitFor()
    expect(await findBarriers(page, inWindow)).toEqual([])
    expect(await dialog.getByRole('button', { name: 'Keep out', exact: true }).isEnabled()).toBe(false)

    await address.fill('127.0.0.66')
    await dialog.getByText('127.0.0.66/32, 1 address.').waitFor()
    await dialog.getByText('Mia is here now and would be cut off.').waitFor()
    expect(await dialog.innerText()).not.toContain('Leo')
    expect(await dialog.getByRole('alert').count()).toBe(0)
    expect(await findBarriers(page, inWindow)).toEqual([])
    await dialog.getByLabel('Comment').fill('Guesses')
    await dialog.getByRole('button', { name: 'Keep out and cut off Mia' }).click()
    await dialog.waitFor({ state: 'hidden' })

    await unwantedTab.closed()
    // Without a word, as whoever is kept out gets no answer.
    expect(unwantedTab.closeCode).toBe(1006)
    expect(await unwanted.knock()).toBe('ECONNRESET')
    expect(await other.knock()).toBe(200)
    await otherTab.settle()
    expect(otherTab.closeCode).toBeUndefined()
    const row = rules.getByRole('row', { name: /^127\.0\.0\.66 Guesses/ })
    await row.getByText('Keep out', { exact: true }).waitFor()
    await section(page, 'Blocked and waiting')
      .getByText(/^Kept out by a rule: 127\.0\.0\.66\./)
      .waitFor()
    expect(await findBarriers(page, inWindow)).toEqual([])

    // Nobody is cut off by that: it is done at once, and can be undone.
    await rules.getByRole('button', { name: 'Remove the rule for 127.0.0.66' }).click()
    await page.getByText('The rule “Keep out 127.0.0.66” is gone.').waitFor()
    expect(await unwanted.knock()).toBe(200)
    const backAgain = await unwanted.openTab('Mia')
    await page.getByRole('button', { name: 'Undo' }).click()
    await row.waitFor()
    await backAgain.closed()
    expect(await unwanted.knock()).toBe('ECONNRESET')
  })

  desktopTest('says in ComfyUI’s window and on Home that a rule keeps this computer out', async ({ start }) => {
    const app = await start()
    const { page } = app
    await startPracticeEngine(page, { withComfyuisPage: false })
    const canvas = await openComfyui(app)
    await canvas.getByRole('heading').first().waitFor()

    await openPage(page, 'Network')
    const rules = section(page, 'Address rules')
    await rules.getByRole('button', { name: 'New rule' }).click()
    const dialog = page.getByRole('dialog', { name: 'A rule for addresses' })
    await dialog.getByLabel('Address or network').fill('127.0.0.1')
    await dialog.getByText(/^Programs on this computer could not get in any more/).waitFor()
    await dialog.getByRole('button', { name: /^Keep out/ }).click()
    await dialog.waitFor({ state: 'hidden' })
    await openPage(page, 'Home')
    await page.getByText('The rule “Keep out 127.0.0.1” keeps this computer out.').waitFor()

    // A page that was open says it once it is loaded again, and one that is opened now says it at once.
    await canvas.reload().catch(() => undefined)
    const title = { name: 'An address rule keeps this computer out' }
    await canvas.getByRole('heading', title).waitFor()
    await canvas.getByText(/The rule “Keep out 127\.0\.0\.1” keeps this computer out\./).waitFor()
    const closed = canvas.waitForEvent('close')
    const explained = await openComfyui(app)
    await closed
    await explained.getByRole('heading', title).waitFor()
    expect(await findBarriers(explained, inWindow)).toEqual([])
    // A navigation that is taken over never ends for whoever waits for it.
    await explained.getByRole('link', { name: 'Show the page Network' }).click({ noWaitAfter: true })
    await rules.waitFor()

    await openPage(page, 'Home')
    const again = await openComfyui(app)
    await again.getByRole('heading', title).waitFor()
    await openPage(page, 'Network')
    await rules.getByRole('button', { name: 'Remove the rule for 127.0.0.1' }).click()
    await page.getByText('The rule “Keep out 127.0.0.1” is gone.').waitFor()
    await again.getByRole('link', { name: 'Try again' }).click()
    await again.waitForURL(/^http:\/\/127\.0\.0\.1:/)
    await again.getByRole('heading', title).waitFor({ state: 'detached' })
    expect(await statusOf(again, '/queue')).toBe(200)
  })

  desktopTest('asks about each list anew: what was said of one counts for no other', async ({ start, home }) => {
    const { page } = await start()
    await startPracticeEngine(page, { withComfyuisPage: false })
    await addPerson(page, 'Mia', password)
    await switchSharingOn(page)
    const tab = await new Caller(home, '127.0.0.66').openTab('Mia')

    await openPage(page, 'Network')
    const rules = section(page, 'Address rules')
    await rules.getByRole('button', { name: 'Import a list' }).click()
    const dialog = page.getByRole('dialog', { name: 'Import a list' })
    const send = (name: string) => dialog.getByRole('button', { name, exact: true }).click()
    await dialog.getByLabel('One address or network a line').fill('127.0.0.66')
    await send('Import')
    await dialog.getByRole('button', { name: 'Import it all the same' }).waitFor()
    const file = { name: 'blacklist.txt', mimeType: 'text/plain', buffer: Buffer.from('127.0.0.64/30 # All of them') }
    await dialog.locator('input[type="file"]').setInputFiles(file)
    await dialog.getByText('127.0.0.64/30').waitFor()
    await send('Import')
    await dialog.getByRole('button', { name: 'Import it all the same' }).waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()

    await rules.getByText('No rules. Everybody at home can reach the sign-in page.').waitFor()
    await tab.settle()
    expect(tab.closeCode).toBeUndefined()
  })

  desktopTest('names who got passwords wrong, and lets it try again', async ({ start, home }) => {
    const { page } = await start()
    await startPracticeEngine(page, { withComfyuisPage: false })
    await addPerson(page, 'Mia', password)
    await switchSharingOn(page)
    await openPage(page, 'Network')
    const blocked = section(page, 'Blocked and waiting')
    await blocked.getByText('Nobody waits after wrong passwords.').waitFor()

    const caller = new Caller(home, '127.0.0.68')
    expect(await caller.guess('Mia', 3)).toEqual([401, 401, 401])
    const paused = await caller.signIn('Mia', password)
    expect([paused.status, paused.json().code]).toEqual([429, 'RATE_LIMITED'])

    const row = blocked.getByRole('listitem').filter({ hasText: /^A program on this computer/ })
    await row.getByText(/got Mia’s password wrong 3 times\. It must wait \d+ seconds?\. Nobody came in\./).waitFor()
    expect(await findBarriers(page, inWindow)).toEqual([])
    await row.getByRole('button', { name: 'Let it try again now' }).click()
    await blocked.getByText('Nobody waits after wrong passwords.').waitFor()
    expect((await caller.signIn('Mia', password)).status).toBe(200)

    await caller.guess('Mia', 3)
    await openPage(page, 'Activity')
    const line = page.getByRole('listitem').filter({ hasText: 'got Mia’s password wrong 3 times' }).first()
    await line.getByRole('link', { name: 'Open Mia' }).waitFor()
    await line.getByRole('button', { name: 'Let it try again: 127.0.0.68' }).click()
    await line.getByRole('button', { name: 'Let it try again: 127.0.0.68' }).waitFor({ state: 'detached' })
    // This computer itself is not to be kept out: a tunnel ends here.
    expect(await page.getByRole('button', { name: /^Keep out/ }).count()).toBe(0)
    expect((await caller.signIn('Mia', password)).status).toBe(200)
  })

  desktopTest(
    'whose pause the owner ends signs in on the page that still counts down',
    async ({ start, home, browser }) => {
      const { page } = await start()
      await startPracticeEngine(page, { withComfyuisPage: false })
      await addPerson(page, 'Mia', password)
      await switchSharingOn(page)
      const context = await browser.newContext({ ...narrow, ignoreHTTPSErrors: true })
      const phone = await context.newPage()
      await phone.goto(new URL('/login', home.shareUrl).href)
      await phone.getByLabel('Name', { exact: true }).fill('Mia')
      const field = phone.getByRole('textbox', { name: 'Password' })
      const answered = () => phone.waitForResponse((response) => response.request().method() === 'POST')
      for (let turn = 1; turn <= 3; turn += 1) {
        await field.fill(`guess ${String(turn)}`)
        await Promise.all([answered(), phone.getByRole('button', { name: 'Sign in' }).click()])
      }
      const tryNow = phone.getByRole('button', { name: 'Try now' })
      await phone.getByText(/^\d+ seconds left\./).waitFor()
      expect(await findBarriers(phone)).toEqual([])

      // Too early: an honest answer, and not one more wrong try.
      await field.fill(password)
      const [early] = await Promise.all([answered(), tryNow.click()])
      expect([early.status(), (await early.json()).failedAttempts]).toEqual([429, 3])
      await phone.getByText(/^Too many wrong tries\. Try again in \d+ seconds\./).waitFor()

      await openPage(page, 'Network')
      const blocked = section(page, 'Blocked and waiting')
      await blocked.getByRole('button', { name: 'Let it try again now' }).first().click()
      await blocked.getByText('Nobody waits after wrong passwords.').waitFor()
      await tryNow.click()
      await phone.waitForURL(/\/gatehouse\/run/)
    },
  )

  desktopTest('believes a proxy once it is saved, and tells wrong passwords by device', async ({ start, home }) => {
    const { page } = await start()
    await startPracticeEngine(page, { withComfyuisPage: false })
    await addPerson(page, 'Mia', password)
    await switchSharingOn(page)
    await openPage(page, 'Network')
    const proxies = section(page, 'Behind another proxy')
    const field = proxies.getByRole('textbox', { name: 'Proxies that are believed' })
    await field.fill('nginx')
    await proxies.getByRole('button', { name: 'Save' }).click()
    await proxies.getByRole('alert').waitFor()
    await proxies.getByText(/^Name each proxy by its address or network, as 192\.168\.1\.5/).waitFor()
    expect(await proxies.getByRole('alert').innerText()).not.toContain('sharing.')
    expect(await findBarriers(page, inWindow)).toEqual([])
    await field.fill('127.0.0.5, 127.0.0.6')
    await proxies.getByRole('alert').waitFor({ state: 'detached' })
    await proxies.getByRole('button', { name: 'Save' }).click()
    await page.waitForFunction(() => document.querySelector('textarea')?.value === '127.0.0.5\n127.0.0.6')
    await page.reload()
    expect(await field.inputValue()).toBe('127.0.0.5\n127.0.0.6')

    const device = '192.168.1.66'
    const proxied = { 'x-forwarded-proto': 'https' }
    const caller = new Caller(home, '127.0.0.5', { ...proxied, 'x-forwarded-for': device })
    expect(await caller.guess('Mia', 3)).toEqual([401, 401, 401])
    expect((await caller.signIn('Mia', password)).status).toBe(429)
    const waits = section(page, 'Blocked and waiting').getByRole('listitem').filter({ hasText: device })
    await waits.getByText('A device in your home').waitFor()

    await openPage(page, 'Activity')
    const again = page.getByRole('button', { name: `Let it try again: ${device}` }).first()
    await again.waitFor()
    await page.getByRole('button', { name: '3 times' }).click()
    await page.getByRole('list', { name: 'Each of them' }).getByRole('listitem').nth(2).waitFor()
    expect(await findBarriers(page, inWindow)).toEqual([])
    await again.click()
    await again.waitFor({ state: 'detached' })
    expect((await caller.signIn('Mia', password)).status).toBe(200)

    await page
      .getByRole('button', { name: `Keep out ${device}` })
      .first()
      .click()
    const dialog = page.getByRole('dialog', { name: 'A rule for addresses' })
    expect(await dialog.getByLabel('Address or network').inputValue()).toBe(device)
    // What happens meanwhile joins the list and takes away neither the dialog nor what was opened.
    await dialog.getByLabel('Comment').fill('Guesses')
    await new Caller(home, '127.0.0.5', { ...proxied, 'x-forwarded-for': '192.168.1.70' }).guess('Mia', 1)
    await page.getByText(/192\.168\.1\.70\) got Mia’s password wrong/).waitFor()
    expect(await dialog.getByLabel('Comment').inputValue()).toBe('Guesses')
    expect(await page.locator('[aria-expanded="true"]', { hasText: '3 times' }).count()).toBe(1)
    await dialog.getByRole('button', { name: /^Keep out/ }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(await caller.knock()).toBe(403)
    expect(await new Caller(home, '127.0.0.6', { 'x-forwarded-for': '192.168.1.67' }).knock()).toBe(200)
  })
})
