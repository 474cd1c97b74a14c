import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'
import { AxeBuilder } from '@axe-core/playwright'
import { findChromium } from './desktopRuntime.ts'
import { openPublisher } from './publishing.ts'
import type { Publisher } from './publishing.ts'
import { servedPassword, serveGatehouse } from './servedGatehouse.ts'
import type { ServedGatehouse } from './servedGatehouse.ts'

export interface PortalWorld {
  readonly gatehouse: ServedGatehouse
  /** A phone of 360 × 740 with a finger, signed in as that person. */
  openPhone(name: string, scheme?: 'light' | 'dark'): Promise<Page>
  /** To all Users, by a key of the administrator's. */
  readonly publish: Publisher['publish']
  /** Takes a published workflow back, for good. */
  readonly withdraw: (workflowId: string) => Promise<void>
  close(): Promise<void>
}

/** The product with two Users and an administrator, and a browser that believes to be a phone. */
export async function openPortalWorld(): Promise<PortalWorld> {
  const people = { Tom: 'user', Leo: 'user', Ada: 'administrator' } as const
  const gatehouse = await serveGatehouse({ people, frontendDirectory: undefined })
  const publisher = await openPublisher(gatehouse, 'Ada')
  const asRoot = process.getuid?.() === 0
  const browser = await chromium.launch({ executablePath: findChromium(), args: asRoot ? ['--no-sandbox'] : [] })
  return {
    gatehouse,
    openPhone: async (name, scheme = 'light') => {
      const context: BrowserContext = await browser.newContext({
        viewport: { width: 360, height: 740 },
        isMobile: true,
        hasTouch: true,
        colorScheme: scheme,
        reducedMotion: 'reduce',
      })
      const page = await context.newPage()
      await page.goto(new URL('gatehouse/', gatehouse.url).href)
      await page.getByLabel('Name', { exact: true }).fill(name)
      await page.getByRole('textbox', { name: 'Password' }).fill(servedPassword)
      await page.getByRole('button', { name: 'Sign in' }).tap()
      return page
    },
    publish: publisher.publish,
    withdraw: async (workflowId) => {
      const { status } = await publisher.ask('DELETE', `workflows/${workflowId}`)
      if (status !== 204) throw new Error(`it was not taken back: ${status}`)
    },
    close: async () => {
      await browser.close()
      await gatehouse.close()
    },
  }
}

/** What axe finds, in words; empty: nothing. */
export async function findBarriers(page: Page, { inWindow = false } = {}): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    // The app's window has no room for the blank page in which axe would put its findings together.
    .setLegacyMode(inWindow)
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)
  return wide > 0 ? [...found, `${wide} px wider than the screen`] : found
}
