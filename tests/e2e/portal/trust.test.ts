import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext } from 'playwright-core'
import { describe, expect } from 'vitest'
import { findChromium } from '../../support/desktopRuntime.ts'
import { findBarriers } from '../../support/portalWorld.ts'
import { openStolen, run, trustTest } from '../../support/trustWorld.ts'
import type { TrustWorld } from '../../support/trustWorld.ts'

/** Where pictures of the pages go, if anybody wants to look at them. */
const pictures = process.env['GATEHOUSE_TRUST_PICTURES']

interface Phone {
  /** Tells the device to trust the authority, as the steps of the page do. */
  trust(): Promise<void>
  open(rules?: string, scheme?: 'light' | 'dark'): Promise<BrowserContext>
}

/** A browser with a home folder, and so a list of authorities, of its own. */
const it = trustTest.extend<{ phone: Phone }>({
  phone: async ({ trust }, use) => {
    const home = mkdtempSync(join(tmpdir(), 'gatehouse-phone-'))
    const list = join(home, '.pki', 'nssdb')
    const opened: BrowserContext[] = []
    mkdirSync(list, { recursive: true })
    const made = await run('certutil', ['-d', `sql:${list}`, '-N', '--empty-password'])
    if (made.code !== 0) throw new Error(`certutil (Debian package libnss3-tools): ${made.err}`)
    await use({
      trust: async () => {
        const args = ['-d', `sql:${list}`, '-A', '-t', 'C,,', '-n', 'gatehouse', '-i', trust.authorityFile]
        expect((await run('certutil', args)).err).toBe('')
      },
      open: async (rules = '', scheme = 'light') => {
        const asRoot = process.getuid?.() === 0
        const context = await chromium.launchPersistentContext(join(home, `profile${opened.length}`), {
          executablePath: findChromium(),
          args: [...(asRoot ? ['--no-sandbox'] : []), ...(rules === '' ? [] : [`--host-resolver-rules=${rules}`])],
          env: { ...process.env, HOME: home },
          viewport: { width: 360, height: 740 },
          isMobile: true,
          hasTouch: true,
          colorScheme: scheme,
          userAgent:
            'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
        })
        opened.push(context)
        return context
      },
    })
    for (const context of opened) await context.close()
    rmSync(home, { recursive: true, force: true })
  },
})

const healthz = (host: string, { port }: TrustWorld): string => `https://${host}:${port}/gatehouse/healthz`
const names = 'MAP gatehouse.local 127.0.0.1, MAP studio-pc 127.0.0.1, MAP example.com 127.0.0.1'

describe('a browser', { timeout: 120_000 }, () => {
  it('that was told once reaches the gate by address and by name without a warning', async ({ trust, phone }) => {
    await phone.trust()
    const page = await (await phone.open(names)).newPage()
    for (const host of ['127.0.0.1', 'localhost', 'gatehouse.local', 'studio-pc']) {
      const answer = await page.goto(healthz(host, trust))
      expect([host, answer?.status(), await page.textContent('body')]).toEqual([host, 200, '{"ok":true}'])
    }
  })

  it('that was not told warns', async ({ trust, phone }) => {
    const page = await (await phone.open()).newPage()
    await expect(page.goto(healthz('127.0.0.1', trust))).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID')
  })

  it('attack: that was told refuses another site whose certificate the stolen key signed', async ({ trust, phone }) => {
    await phone.trust()
    const stolen = await openStolen(trust, 'example.com')
    const page = await (await phone.open(names)).newPage()
    await expect(page.goto(`https://example.com:${stolen.port}/`)).rejects.toThrow(/ERR_CERT/)
    stolen.close()
  })
})

describe('a phone', { timeout: 180_000 }, () => {
  it('is told what the warning means, and shown how to trust', async ({ trust, phone }) => {
    for (const scheme of ['light', 'dark'] as const) {
      const page = await (await phone.open('', scheme)).newPage()
      const look = async (name: string): Promise<void> => {
        expect([name, await findBarriers(page)]).toEqual([name, []])
        if (pictures !== undefined)
          await page.screenshot({ path: join(pictures, `${name}-${scheme}.png`), fullPage: true })
      }
      const said: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('ERR_CERT')) said.push(message.text())
      })
      await page.goto(`http://127.0.0.1:${trust.port}/gatehouse/welcome`)
      await page.getByText('Your browser will warn. Press “Advanced”, then “Proceed to 127.0.0.1 (unsafe)”.').waitFor()
      await page.getByText('What does the warning look like?').click()
      await page.getByText('Why does it warn?').click()
      await look('welcome')
      await page.getByRole('link', { name: 'Trust it once' }).tap()
      await page.getByRole('heading', { name: 'Trust Studio-PC: Android' }).waitFor()
      await look('steps-android')
      for (const title of ['iPhone, iPad', 'Windows', 'Mac', 'Linux', 'Firefox']) {
        await page.getByRole('link', { name: title, exact: true }).tap()
        await page.getByRole('heading', { name: `Trust Studio-PC: ${title}` }).waitFor()
        await look(`steps-${title.split(',')[0]?.toLowerCase() ?? ''}`)
      }
      expect(said).toEqual([])
    }
  })

  it('that trusts already goes on by itself', async ({ trust, phone }) => {
    await phone.trust()
    const page = await (await phone.open()).newPage()
    await page.goto(`http://127.0.0.1:${trust.port}/gatehouse/welcome?next=/gatehouse/healthz#kept`)
    await page.waitForURL(`https://127.0.0.1:${trust.port}/gatehouse/healthz#kept`)
  })

  it('that was just told sees that it worked', async ({ trust, phone }) => {
    await phone.trust()
    const page = await (await phone.open()).newPage()
    await page.goto(`http://127.0.0.1:${trust.port}/gatehouse/welcome?on=android`)
    await page.getByText('Done: this device trusts Studio-PC now.').waitFor()
  })
})
