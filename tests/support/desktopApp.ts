import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, chromium } from 'playwright-core'
import type { Browser, ElectronApplication, Page } from 'playwright-core'
import { test, vi } from 'vitest'
import { z } from 'zod'
import { runCli } from './desktopCli.ts'
import { isAlive, processTree } from './desktopProcesses.ts'
import { cleanEnvironment, findChromium, findRuntime, repositoryRoot, withHook } from './desktopRuntime.ts'

export const patienceMs = 60_000

const menuItemSchema = z.object({
  id: z.string(),
  label: z.string(),
  enabled: z.boolean(),
  checked: z.boolean(),
})
export type MenuItem = z.infer<typeof menuItemSchema>
const dialogSchema = z.object({ message: z.string(), detail: z.string(), answer: z.string() })

/** The real app with its real window, and hands for its tray and its dialogs. */
export class DesktopApp {
  readonly application: ElectronApplication
  readonly page: Page
  readonly pid: number
  /** Everything the app's processes wrote. */
  output = ''
  #isEnding = false

  private constructor(application: ElectronApplication, page: Page) {
    this.application = application
    this.page = page
    const child = application.process()
    if (child.pid === undefined) throw new Error('the app did not start')
    this.pid = child.pid
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.output += String(chunk)))
    child.once('exit', (code, signal) => {
      // A test then fails at whatever it asks next, which says nothing.
      if (!this.#isEnding) process.stderr.write(`the app ended: ${signal ?? code}\n${this.output.slice(-4_000)}\n`)
    })
  }

  static async start(dataDirectory: string, args: readonly string[] = []): Promise<DesktopApp> {
    const runtime = await findRuntime()
    const application = await _electron.launch({
      executablePath: runtime.executablePath,
      args: [...withHook(runtime), repositoryRoot, '--data-dir', dataDirectory, ...args],
      env: cleanEnvironment(runtime.env),
      // The app's own appearance, not one that the test runner pretends.
      colorScheme: null,
      timeout: patienceMs,
    })
    try {
      const page = await application.firstWindow({ timeout: patienceMs })
      page.setDefaultTimeout(patienceMs)
      return new DesktopApp(application, page)
    } catch (cause) {
      const log = join(dataDirectory, 'logs', 'gatehouse.log')
      throw new Error(`no window; the app's log: ${existsSync(log) ? readFileSync(log, 'utf8') : 'none'}`, { cause })
    }
  }

  /** The tray's menu with what is below its submenus, in order. */
  async menu(): Promise<MenuItem[]> {
    const items: unknown = await this.application.evaluate(() => {
      const flatten = (menu: any): any[] =>
        (menu?.items ?? []).flatMap((item: any) => [
          { id: item.id, label: item.label, enabled: item.enabled, checked: item.checked },
          ...flatten(item.submenu),
        ])
      return flatten((globalThis as any).desktopTest.menu)
    })
    return z.array(menuItemSchema).parse(items)
  }

  /** Waits until the menu has the item and it is enabled, then clicks it. */
  async clickMenu(find: (item: MenuItem) => boolean): Promise<void> {
    const { id } = await this.waitForMenu((item) => find(item) && item.enabled)
    await this.application.evaluate((_electron, wanted) => {
      const search = (menu: any): any =>
        menu.items.find((item: any) => item.id === wanted) ??
        menu.items.map((item: any) => item.submenu && search(item.submenu)).find((item: any) => item)
      search((globalThis as any).desktopTest.menu).click()
    }, id)
  }

  async waitForMenu(find: (item: MenuItem) => boolean): Promise<MenuItem> {
    return vi.waitFor(
      async () => {
        const items = await this.menu()
        const item = items.find(find)
        if (item === undefined) throw new Error(`not in the tray's menu: ${items.map(({ label }) => label).join(', ')}`)
        return item
      },
      { timeout: patienceMs, interval: 100 },
    )
  }

  /** The next dialog that has this button is answered with it. */
  async answerDialogWith(button: string): Promise<void> {
    await this.application.evaluate((_electron, answer) => {
      ;(globalThis as any).desktopTest.answers.push(answer)
    }, button)
  }

  /** The next folder dialog gives this folder. */
  async pickFolder(directory: string): Promise<void> {
    await this.application.evaluate((_electron, folder) => {
      ;(globalThis as any).desktopTest.folders.push(folder)
    }, directory)
  }

  async dialogs(): Promise<z.infer<typeof dialogSchema>[]> {
    const shown: unknown = await this.application.evaluate(() => (globalThis as any).desktopTest.dialogs)
    return z.array(dialogSchema).parse(shown)
  }

  /** From now on the desktop shows tray icons, or shows none. */
  async showTray(shown: boolean): Promise<void> {
    await this.application.evaluate((_electron, value) => void ((globalThis as any).desktopTest.hasTray = value), shown)
  }

  async isWindowVisible(): Promise<boolean> {
    const window = await this.application.browserWindow(this.page)
    return window.evaluate((browserWindow) => browserWindow.isVisible())
  }

  /** What a click on the window's close button does. */
  async closeWindow(): Promise<void> {
    const window = await this.application.browserWindow(this.page)
    await window.evaluate((browserWindow) => browserWindow.close())
  }

  /** The session cookie in one of the window's partitions. */
  async readCookie(partition: string): Promise<string | undefined> {
    return this.application.evaluate(async ({ session }, name) => {
      const cookies = await session.fromPartition(name).cookies.get({})
      return cookies.find((cookie) => cookie.name.includes('gatehouse_session'))?.value
    }, partition)
  }

  /** From here on: what the system is asked for to stay awake. @throws Error when it is asked already */
  async watchWakefulness(): Promise<() => Promise<{ readonly now: boolean; readonly held: readonly string[] }>> {
    await this.application.evaluate(({ powerSaveBlocker }) => {
      if ([0, 1, 2, 3, 4].some((id) => powerSaveBlocker.isStarted(id))) throw new Error('it is held awake already')
      const held: { id: number; type: string }[] = []
      const start = powerSaveBlocker.start.bind(powerSaveBlocker)
      powerSaveBlocker.start = (type) => {
        const id = start(type)
        held.push({ id, type })
        return id
      }
      ;(globalThis as any).desktopTest.heldAwake = held
    })
    return () =>
      this.application.evaluate(({ powerSaveBlocker }) => {
        const held: { id: number; type: string }[] = (globalThis as any).desktopTest.heldAwake
        return { now: held.some(({ id }) => powerSaveBlocker.isStarted(id)), held: held.map(({ type }) => type) }
      })
  }

  readClipboard(): Promise<string> {
    return this.application.evaluate(({ clipboard }) => clipboard.readText())
  }

  /** Ends the app as the system does, and waits until nothing of it is left. */
  async stop(): Promise<void> {
    this.#isEnding = true
    const tree = processTree(this.pid).map(({ pid }) => pid)
    if (isAlive(this.pid)) process.kill(this.pid, 'SIGTERM')
    await waitUntilGone(tree)
  }

  /** Power cut: the app gets no chance to clean up; what it started lives on. */
  async killHard(): Promise<void> {
    this.#isEnding = true
    process.kill(this.pid, 'SIGKILL')
    await waitUntilGone([this.pid])
  }
}

export async function waitUntilGone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(
    () => {
      const left = pids.filter(isAlive)
      if (left.length > 0) throw new Error(`still running: ${left.join(', ')}`)
    },
    { timeout: patienceMs, interval: 50 },
  )
}

export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

interface DesktopFixtures {
  /** A data folder of its own whose sharing stays on this computer: port and address are free ones of 127.0.0.0/8. */
  home: { dataDirectory: string; port: number; shareAddress: string; shareUrl: string }
  start: (args?: readonly string[]) => Promise<DesktopApp>
  browser: Browser
}

/** Journeys through the real app; whatever they start is ended after them. */
export const desktopTest = test.extend<DesktopFixtures>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  home: async ({}, use) => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'))
    const port = await findFreePort()
    const shareAddress = '127.0.0.2'
    await runCli(dataDirectory, ['settings', 'set', 'sharing.port', String(port)])
    await runCli(dataDirectory, ['settings', 'set', 'sharing.addresses', JSON.stringify([shareAddress])])
    await use({ dataDirectory, port, shareAddress, shareUrl: `http://${shareAddress}:${port}/` })
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  },
  start: async ({ home }, use) => {
    const apps: DesktopApp[] = []
    await use(async (args = []) => {
      const app = await DesktopApp.start(home.dataDirectory, args)
      apps.push(app)
      return app
    })
    for (const app of apps) await app.stop()
  },
  // eslint-disable-next-line no-empty-pattern -- vitest reads the fixture's dependencies from the pattern
  browser: async ({}, use) => {
    const asRoot = process.getuid?.() === 0
    const browser = await chromium.launch({ executablePath: findChromium(), args: asRoot ? ['--no-sandbox'] : [] })
    await use(browser)
    await browser.close()
  },
})
