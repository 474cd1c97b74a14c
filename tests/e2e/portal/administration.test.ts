import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium } from '../../support/desktopRuntime.ts'
import { findFreePort } from '../../support/engineUnderTest.ts'
import { findBarriers } from '../../support/portalWorld.ts'
import { servedPassword, serveGatehouse } from '../../support/servedGatehouse.ts'
import type { ServedGatehouse } from '../../support/servedGatehouse.ts'

const pages = [
  '',
  'people',
  'pictures',
  'workflows',
  'jobs',
  'roles',
  'keys',
  'network',
  'activity',
  'comfyui',
  'settings',
]
/** Where pictures of it go, for whoever wants to look. */
const pictures = process.env['ADMINISTRATION_PICTURES']

/** Buttons and fields of which a part is outside of what can be seen: cut by something around them, or beside the page. */
const findCut = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isCut = (control: Element): boolean => {
      const { left, right, width } = control.getBoundingClientRect()
      if (width === 0) return false
      const inside = control.querySelector('.mantine-Button-inner') ?? control
      return left < 0 || right > document.documentElement.clientWidth + 1 || inside.scrollWidth > inside.clientWidth + 1
    }
    return [...document.querySelectorAll('button, a, select')]
      .filter(isCut)
      .map((control) => `cut: ${control.textContent.slice(0, 40)}`)
  })

describe('an administrator on another device', () => {
  let gatehouse: ServedGatehouse
  let browser: Browser
  let origin: string
  beforeAll(async () => {
    gatehouse = await serveGatehouse({ people: { Ada: 'administrator', Tom: 'user' }, frontendDirectory: undefined })
    const port = await findFreePort()
    await gatehouse.setting('administration.port', port)
    await gatehouse.setting('administration.on', true)
    origin = `https://127.0.0.1:${port}`
    const asRoot = process.getuid?.() === 0
    browser = await chromium.launch({ executablePath: findChromium(), args: asRoot ? ['--no-sandbox'] : [] })
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await gatehouse.close()
  })

  async function open(size: { width: number; height: number }, name: string): Promise<Page> {
    // The test's certificate is nobody's; that it is the right one is tested where certificates are.
    const context = await browser.newContext({ viewport: size, ignoreHTTPSErrors: true, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await expect
      .poll(
        () =>
          page.goto(origin).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    await page.getByRole('heading', { name: 'Manage Gatehouse' }).waitFor()
    await page.getByText('Pictures are made at another address').waitFor()
    expect(await findBarriers(page)).toEqual([])
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByRole('textbox', { name: 'Password' }).fill(servedPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    return page
  }

  for (const [title, size] of [
    ['on a desk', { width: 1280, height: 800 }],
    ['on a phone', { width: 360, height: 740 }],
  ] as const) {
    it(`signs in, sees every page of the window ${title}, and signs out`, { timeout: 180_000 }, async () => {
      const page = await open(size, 'Ada')
      await page.waitForURL(`${origin}/gatehouse/owner`)
      const found: Record<string, string[]> = {}
      const look = async (name: string): Promise<void> => {
        if (pictures !== undefined) {
          mkdirSync(pictures, { recursive: true })
          await page.screenshot({ path: join(pictures, `${name}-${size.width}.png`), fullPage: true })
        }
        const barriers = [...(await findBarriers(page)), ...(await findCut(page))]
        if (barriers.length > 0) found[name] = barriers
      }
      for (const name of pages) {
        await page.goto(`${origin}/gatehouse/owner/${name}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.waitForLoadState('load')
        await expect.poll(() => page.locator('[aria-busy="true"]').count()).toBe(0)
        await look(name || 'home')
      }
      const menu = page.getByRole('button', { name: 'Pages', exact: true })
      expect(await menu.isVisible()).toBe(title === 'on a phone')
      if (title === 'on a phone') {
        expect(await page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false)
        await menu.click()
        await look('menu')
        await page.getByRole('link', { name: 'Activity', exact: true }).click()
        await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor()
        expect(await menu.getAttribute('aria-expanded')).toBe('false')
        await menu.click()
      }
      expect(found).toEqual({})
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.waitForURL(/\/login\?next=/)
      // What the browser is known by outlives the session: it lets nobody in.
      expect((await page.context().cookies()).map(({ name }) => name)).toEqual(['__Host-gatehouse_device'])
      await page.goto(`${origin}/gatehouse/owner/people`)
      await page.waitForURL(/\/login\?next=%2Fgatehouse%2Fowner%2Fpeople/)
      await page.context().close()
    })
  }

  it('is somebody else than a User, who is told so', { timeout: 60_000 }, async () => {
    const page = await open({ width: 1280, height: 800 }, 'Tom')
    await page
      .getByRole('alert')
      .getByText(/administrator/i)
      .waitFor()
    expect(page.url()).toContain('/login')
    await page.context().close()
  })

  it('is asked before they switch off sharing, and themselves with it', { timeout: 60_000 }, async () => {
    const page = await open({ width: 1280, height: 800 }, 'Ada')
    await page.waitForURL(`${origin}/gatehouse/owner`)
    await gatehouse.setting('sharing.on', true)
    const sharing = page.getByRole('switch', { name: 'Sharing' })
    await expect.poll(() => sharing.isChecked()).toBe(true)
    await page.getByText(/^Switching sharing off also ends managing from other devices \(port \d+\)/).waitFor()
    await sharing.click()
    const dialog = page.getByRole('dialog', { name: 'Switch sharing off?' })
    await dialog.getByText(/Only the window on the computer itself switches it on again\.$/).waitFor()
    expect(await findBarriers(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Keep' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(await sharing.isChecked()).toBe(true)
    await sharing.click()
    await dialog.getByRole('button', { name: 'Switch it off and leave' }).click()
    await expect.poll(() => sharing.isChecked()).toBe(false)
    await page.context().close()
  })

  it('loses the page when the owner switches it off', { timeout: 60_000 }, async () => {
    const page = await open({ width: 1280, height: 800 }, 'Ada')
    await page.waitForURL(`${origin}/gatehouse/owner`)
    await gatehouse.setting('administration.on', false)
    await page.getByText('has lost its connection').waitFor()
    await expect
      .poll(() =>
        fetch(`${origin}/gatehouse/healthz`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed')
    await page.context().close()
  })
})
