import { describe, expect } from 'vitest'
import { desktopTest, findFreePort, patienceMs } from '../../support/desktopApp.ts'
import { runCli } from '../../support/desktopCli.ts'
import { makeFirstRun, openComfyui } from '../../support/desktopSteps.ts'

describe('a port written while the app runs', () => {
  desktopTest("is where ComfyUI's window opens next; the old one stays to be saved from", async ({ start, home }) => {
    const app = await start()
    const before = await makeFirstRun(app.page, { withComfyuisPage: false })
    const port = await findFreePort()

    await runCli(home.dataDirectory, ['settings', 'set', 'sharing.port', String(port)])

    const statusAt = (at: number): Promise<number> =>
      fetch(`http://127.0.0.1:${at}/gatehouse/healthz`).then(
        ({ status }) => status,
        () => 0,
      )
    await expect.poll(() => statusAt(port), { timeout: patienceMs }).toBe(200)
    await expect.poll(() => statusAt(home.port), { timeout: patienceMs }).toBe(0)
    const after = await openComfyui(app)
    await after.waitForURL(`http://127.0.0.1:${port}/**`)
    await after.waitForLoadState()
    expect(await after.evaluate(() => fetch('/queue').then(({ status }) => status))).toBe(200)
    expect(before.isClosed()).toBe(false)
  })
})
