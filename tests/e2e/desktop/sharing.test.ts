import type { Page } from 'playwright-core'
import { describe, expect, vi } from 'vitest'
import { z } from 'zod'
import { desktopTest, patienceMs } from '../../support/desktopApp.ts'
import { processTree, readEnvironmentVariable } from '../../support/desktopProcesses.ts'
import { findInCommandLines, findInFiles, findInText } from '../../support/desktopSecrets.ts'
import {
  addPerson,
  expectFinishedRun,
  holdSocketOpen,
  openPage,
  runByScript,
  runInComfyuisPage,
  signIn,
  startPracticeEngine,
  statusOf,
  switchSharingOn,
} from '../../support/desktopSteps.ts'

const password = 'seven grey herons by the weir'
const comfyOrgKey = 'comfyui-e2e-1f9b7a52c0d84e6f'

/** The click closes the page it is made on, sometimes before it is confirmed; what counts is that the window goes. */
async function dismissKey(keyWindow: Page): Promise<void> {
  const closed = keyWindow.waitForEvent('close', { timeout: patienceMs })
  const click = keyWindow.getByRole('button', { name: 'I have saved it' }).click()
  await Promise.all([closed, click.catch(() => undefined)])
}

describe('sharing', () => {
  desktopTest('lets an invited person in from another browser, and out at once', async ({ start, home, browser }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: true })
    await addPerson(app.page, 'Mia', password)
    await switchSharingOn(app.page)
    await app.page.getByText('1 person can come in: Mia. Nobody else.').waitFor()

    const context = await browser.newContext()
    const page = await context.newPage()
    page.setDefaultTimeout(patienceMs)
    await page.goto(home.shareUrl)
    await signIn(page, 'Mia', password)
    const picture = await runInComfyuisPage(page)
    expect(picture).toMatchObject({ width: 512, height: 512 })
    expectFinishedRun(await runByScript(page))

    await openPage(app.page, 'Home')
    await app.page.getByText('Mia', { exact: true }).first().waitFor()
    await app.waitForMenu((item) => item.id === 'state' && item.label.includes('Mia'))

    const held = await holdSocketOpen(page)
    const [account, phone] = [await context.newPage(), await context.newPage()]
    for (const own of [account, phone]) {
      await own.goto(new URL('/gatehouse/me', home.shareUrl).href)
      await own.getByRole('heading', { name: 'Mia' }).waitFor()
    }
    await account.getByRole('button', { name: 'Sign out' }).click()
    await account.getByRole('heading', { name: 'Sign in' }).waitFor()
    // Told by the event stream: asking now and then would take a minute.
    await phone.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 20_000 })
    expect(await held.closeCode()).toBe(4401)
    expect(await statusOf(page, '/queue')).toBe(401)
    await context.close()
  })

  desktopTest('hands out an address and a key from the tray that work elsewhere', async ({ start, home, browser }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    expect(await app.waitForMenu((item) => item.id === 'copyAddress')).toMatchObject({ enabled: false })
    await addPerson(app.page, 'Leo', password)
    await app.clickMenu((item) => item.id === 'sharing')

    const secureUrl = home.shareUrl.replace(/^http:/, 'https:')
    await app.clickMenu((item) => item.id === 'copyAddress')
    // For people's browsers: in clear it leads to the page that says what the warning means.
    await vi.waitFor(async () => expect(await app.readClipboard()).toBe(home.shareUrl))

    await app.clickMenu((item) => item.id === 'showQrCode')
    // The code leads to the page that says what the browser's warning means, which comes in clear.
    await app.page.getByRole('img', { name: `QR code for ${home.shareUrl}gatehouse/welcome` }).waitFor()

    const opened = app.application.waitForEvent('window', { timeout: patienceMs })
    await app.clickMenu((item) => item.id.startsWith('newKey-') && item.label === 'Leo')
    const keyWindow = await opened
    const key = await keyWindow.getByLabel('The new key').inputValue({ timeout: patienceMs })
    expect(key).toMatch(/^gh_[a-z0-9]{12}_[A-Za-z0-9_-]{86}_[0-9a-f]{8}$/)
    expect(await app.readClipboard()).toBe(key)
    await dismissKey(keyWindow)

    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const ask = (bearer?: string) =>
      context.request.get(new URL('/system_stats', secureUrl).href, {
        headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      })
    expect((await ask()).status()).toBe(401)
    expect((await ask(key)).status()).toBe(200)
    expect((await ask(`${key.slice(0, -8)}00000000`)).status()).toBe(401)
    await openPage(app.page, 'Keys')
    await app.page.getByText('Made in the tray').waitFor()
    expect(await app.page.content()).not.toContain(key)

    await app.clickMenu((item) => item.id === 'sharing' && item.checked)
    await app.waitForMenu((item) => item.id === 'sharing' && !item.checked)
    await vi.waitFor(() => expect(ask(key)).rejects.toThrow(/ECONNREFUSED/))
    await context.close()
  })

  desktopTest(
    'leaves no password, key, token or secret on disk, in logs or in arguments',
    async ({ start, home, browser }) => {
      const app = await start()
      await startPracticeEngine(app.page, { withComfyuisPage: false })
      await addPerson(app.page, 'Ada', password)
      await switchSharingOn(app.page)
      const opened = app.application.waitForEvent('window', { timeout: patienceMs })
      await app.clickMenu((item) => item.id.startsWith('newKey-') && item.label === 'Ada')
      const keyWindow = await opened
      const key = await keyWindow.getByLabel('The new key').inputValue({ timeout: patienceMs })
      await dismissKey(keyWindow)

      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(home.shareUrl)
      await signIn(page, 'Ada', password)
      await page.waitForURL(home.shareUrl)
      expectFinishedRun(
        await runByScript(page, { api_key_comfy_org: comfyOrgKey, auth_token_comfy_org: `token-${comfyOrgKey}` }),
      )
      const api = new URL('/gatehouse/api/v1/session', home.shareUrl).href
      await context.request.post(api, { data: { username: 'Ada', password: 'a wrong password 7Qx' } })
      const keyed = await context.request.get(new URL(`/system_stats?token=${key}`, home.shareUrl).href)
      expect(keyed.status()).toBeGreaterThanOrEqual(400)

      const personCookie = (await context.cookies()).find(({ name }) => name.includes('gatehouse_session'))?.value
      const ownerCookie = await app.readCookie('owner')
      const engineSecrets = processTree(app.pid).flatMap(
        ({ pid }) => readEnvironmentVariable(pid, 'GATEHOUSE_SECRET') ?? [],
      )
      const secrets = z.record(z.string(), z.string().min(8)).parse({
        password,
        'wrong password': 'a wrong password 7Qx',
        key,
        'key without its id': key.slice(16, -9),
        'comfy.org key in extra_data': comfyOrgKey,
        'cookie of the person': personCookie,
        'cookie of the owner': ownerCookie,
        'secret of the engine': engineSecrets[0],
      })

      expect(findInFiles(home.dataDirectory, secrets)).toEqual([])
      expect(findInCommandLines(secrets)).toEqual([])
      expect(findInText(app.output, secrets)).toEqual([])
      await app.stop()
      expect(findInFiles(home.dataDirectory, secrets)).toEqual([])
      await context.close()
    },
  )
})
