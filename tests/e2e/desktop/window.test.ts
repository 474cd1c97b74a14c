import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { z } from 'zod'
import { desktopTest, patienceMs, waitUntilGone } from '../../support/desktopApp.ts'
import { processTree } from '../../support/desktopProcesses.ts'
import { cleanEnvironment, findRuntime, repositoryRoot } from '../../support/desktopRuntime.ts'
import {
  addPerson,
  holdSocketOpen,
  openComfyui,
  openPage,
  signIn,
  startPracticeEngine,
  statusOf,
  switchSharingOn,
} from '../../support/desktopSteps.ts'

describe('the window', () => {
  desktopTest('keeps serving in the tray when it is closed, says so once, and comes back', async ({ start, home }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })

    await app.closeWindow()
    await vi.waitFor(async () => expect(await app.isWindowVisible()).toBe(false), { timeout: patienceMs })
    expect(await app.dialogs()).toMatchObject([{ message: 'Gatehouse keeps running', answer: 'OK' }])
    await app.waitForMenu((item) => item.id === 'state' && item.label === 'The practice engine is running')

    const runtime = await findRuntime()
    const second = spawn(runtime.executablePath, [...runtime.args, repositoryRoot, '--data-dir', home.dataDirectory], {
      env: cleanEnvironment(runtime.env),
      stdio: 'ignore',
    })
    const exitCode = await new Promise((resolve) => second.on('exit', resolve))
    expect(exitCode).toBe(0)
    await vi.waitFor(async () => expect(await app.isWindowVisible()).toBe(true), { timeout: patienceMs })

    await app.closeWindow()
    await vi.waitFor(async () => expect(await app.isWindowVisible()).toBe(false), { timeout: patienceMs })
    expect(await app.dialogs()).toHaveLength(1)
    await app.clickMenu((item) => item.id === 'openWindow')
    await vi.waitFor(async () => expect(await app.isWindowVisible()).toBe(true), { timeout: patienceMs })
  })

  desktopTest('is not lost where the desktop shows no tray icons, and quits by hand', async ({ start }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    await app.showTray(false)

    await app.closeWindow()
    await vi.waitFor(async () => expect(await app.dialogs()).toHaveLength(1), { timeout: patienceMs })
    expect(await app.dialogs()).toMatchObject([{ message: 'Gatehouse keeps running', answer: 'OK' }])
    expect((await app.dialogs())[0]?.detail).toContain('only minimised')
    expect(await app.isWindowVisible()).toBe(true)

    const tree = processTree(app.pid).map(({ pid }) => pid)
    await openPage(app.page, 'Settings')
    // The window can be gone before the click is told to be done; what counts is that nothing is left.
    await app.page
      .getByRole('button', { name: 'Quit Gatehouse' })
      .click()
      .catch(() => undefined)
    await waitUntilGone(tree)
  })

  desktopTest('stays away when the system starts the app at login', async ({ start }) => {
    const app = await start(['--hidden'])
    await app.page.getByRole('heading', { name: 'On this computer you are the owner' }).waitFor()
    expect(await app.isWindowVisible()).toBe(false)

    await app.clickMenu((item) => item.id === 'openWindow')

    await vi.waitFor(async () => expect(await app.isWindowVisible()).toBe(true), { timeout: patienceMs })
  })

  desktopTest('quits when it is closed and nothing is served', async ({ start }) => {
    const app = await start()
    await app.page.getByRole('heading', { name: 'On this computer you are the owner' }).waitFor()
    const tree = processTree(app.pid).map(({ pid }) => pid)

    await app.closeWindow()

    await waitUntilGone(tree)
  })

  desktopTest('asks before a quit that takes ComfyUI away from somebody', async ({ start, home, browser }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    await addPerson(app.page, 'Mia', 'seven grey herons by the weir')
    await switchSharingOn(app.page)
    const page = await browser.newPage()
    await page.goto(home.shareUrl)
    await signIn(page, 'Mia', 'seven grey herons by the weir')
    await page.waitForURL(home.shareUrl)
    const held = await holdSocketOpen(page)
    await app.waitForMenu((item) => item.id === 'state' && item.label === 'The practice engine is running, Mia is here')
    const tree = processTree(app.pid).map(({ pid }) => pid)

    await app.clickMenu((item) => item.id === 'quit')
    await vi.waitFor(async () =>
      expect(await app.dialogs()).toMatchObject([{ message: 'Mia is here right now', answer: 'Keep running' }]),
    )
    expect(await statusOf(page, '/queue')).toBe(200)

    await app.answerDialogWith('Quit now')
    await app.clickMenu((item) => item.id === 'quit')
    expect(await held.closeCode()).toBe(1001)
    await waitUntilGone(tree)
  })

  desktopTest('starts at login and wears the appearance that its settings say', async ({ start }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    await openPage(app.page, 'Settings')

    const atLogin = app.page.getByRole('switch', { name: 'Start when I sign in to this computer' })
    await atLogin.press('Space')
    const entry = join(z.string().parse(process.env['XDG_CONFIG_HOME']), 'autostart', 'gatehouse.desktop')
    await vi.waitFor(() => expect(readFileSync(entry, 'utf8')).toMatch(/^Exec=.*"--hidden"$/m), { timeout: patienceMs })
    await atLogin.press('Space')
    await vi.waitFor(() => expect(existsSync(entry)).toBe(false), { timeout: patienceMs })

    const prefersDark = () => app.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
    await app.page.getByText('Dark', { exact: true }).click()
    await vi.waitFor(async () => expect(await prefersDark()).toBe(true), { timeout: patienceMs })
    await app.page.getByText('Light', { exact: true }).click()
    await vi.waitFor(async () => expect(await prefersDark()).toBe(false), { timeout: patienceMs })
  })

  desktopTest('does not lose an unsaved workflow without asking', async ({ start }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })
    const canvas = await openComfyui(app)
    await canvas.waitForLoadState()
    // A page may hold up its unloading only after somebody used it.
    const makeUnsaved = async () => {
      await canvas.getByRole('heading').first().click()
      await canvas.evaluate(() => {
        window.onbeforeunload = () => 'not saved'
      })
    }
    await makeUnsaved()
    const close = async () => {
      const window = await app.application.browserWindow(canvas)
      await window.evaluate((browserWindow) => browserWindow.close())
    }

    await close()
    await vi.waitFor(
      async () =>
        expect(await app.dialogs()).toMatchObject([
          { message: 'The workflow has changes that are not saved', answer: 'Stay' },
        ]),
      { timeout: patienceMs },
    )
    expect(canvas.isClosed()).toBe(false)

    await app.answerDialogWith('Reload without saving')
    const shell = await app.application.browserWindow(canvas)
    const reloaded = canvas.waitForEvent('load')
    await shell.evaluate((browserWindow) => browserWindow.webContents.reload())
    await reloaded
    await makeUnsaved()

    await app.answerDialogWith('Close without saving')
    await close()
    await vi.waitFor(() => expect(canvas.isClosed()).toBe(true), { timeout: patienceMs })
  })

  desktopTest('gives its page nothing but the bridge, and ComfyUI’s page not even that', async ({ start, home }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })

    const owner = await app.page.evaluate(() => ({
      bridge: Object.keys((window as any).desktop).sort(),
      node: typeof (globalThis as any).process,
      require: typeof (globalThis as any).require,
      cookie: document.cookie,
    }))
    expect(owner).toEqual({ bridge: ['invoke', 'on'], node: 'undefined', require: 'undefined', cookie: '' })
    expect(new URL(app.page.url()).hostname).toBe('gatehouse.localhost')

    const opened = app.application.waitForEvent('window', { timeout: patienceMs })
    await app.page.getByRole('button', { name: 'Open ComfyUI' }).click()
    const canvas = await opened
    await canvas.waitForLoadState()
    expect(await canvas.evaluate(() => typeof (window as any).desktop)).toBe('undefined')
    expect(await canvas.evaluate(() => document.cookie)).toBe('')

    const administration = await canvas.evaluate(async () => {
      const answer = await fetch('/gatehouse/api/v1/users', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Mallory', role: 'administrator', password: 'correct horse battery' }),
      })
      return answer.status
    })
    expect(administration).toBe(403)
    await canvas.evaluate(() => void (location.href = 'http://127.0.0.1:9/elsewhere'))
    await canvas.evaluate(() => window.open('file:///etc/passwd'))
    expect(new URL(canvas.url()).origin).toBe(`http://127.0.0.1:${home.port}`)
    expect(app.application.windows()).toHaveLength(2)
  })
})
