import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../support/desktopCli.ts'
import { findChromium } from '../../support/desktopRuntime.ts'
import { servedPassword, serveGatehouse } from '../../support/servedGatehouse.ts'
import type { ServedGatehouse } from '../../support/servedGatehouse.ts'

const desk = { width: 1280, height: 800 }
const phone = { width: 360, height: 740 }

describe('who comes in', { timeout: 60_000 }, () => {
  let gatehouse: ServedGatehouse
  let browser: Browser
  beforeAll(async () => {
    gatehouse = await serveGatehouse({ people: { Ada: 'administrator' }, frontendDirectory: undefined })
    const asRoot = process.getuid?.() === 0
    browser = await chromium.launch({ executablePath: findChromium(), args: asRoot ? ['--no-sandbox'] : [] })
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await gatehouse.close()
  })

  const openPage = async (viewport: { width: number; height: number }): Promise<Page> =>
    (await browser.newContext({ viewport })).newPage()
  const landing = async (page: Page): Promise<string> => {
    await page.waitForURL((url) => !/^\/(?:login|gatehouse\/invite|gatehouse\/)$/.test(url.pathname))
    return new URL(page.url()).pathname
  }

  it.each([
    ['creator', 'Cleo', desk, '/'],
    ['creator', 'Carl', phone, '/gatehouse/run'],
    ['user', 'Uma', desk, '/gatehouse/run'],
  ])('by an invitation as %s (%s) lands where signing in leads them', async (role, name, viewport, path) => {
    const invite = ['user', 'add', name, '--role', role, '--invite', '--address', new URL(gatehouse.url).origin]
    const link = (await runCli(gatehouse.dataDirectory, invite)).stdout.trim()
    const page = await openPage(viewport)
    await page.goto(link)
    await page.getByRole('button', { name: 'Come in' }).click()
    expect(await landing(page)).toBe(path)
    await page.context().close()
  })

  it.each([
    [desk, '/'],
    [phone, '/gatehouse/run'],
  ])('by the plain address and a password, too, on %j', async (viewport, path) => {
    const page = await openPage(viewport)
    await page.goto(gatehouse.url)
    await page.getByLabel('Name', { exact: true }).fill('Ada')
    await page.getByRole('textbox', { name: 'Password' }).fill(servedPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect(await landing(page)).toBe(path)
    await page.context().close()
  })
})
