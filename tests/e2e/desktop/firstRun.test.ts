import { describe, expect } from 'vitest'
import { desktopTest } from '../../support/desktopApp.ts'
import { makeFirstRun, openComfyui, runInComfyuisPage, startPracticeEngine } from '../../support/desktopSteps.ts'

describe('first run', () => {
  desktopTest('leads by one click to ComfyUI’s own page, and by the next to a picture', async ({ start, home }) => {
    const app = await start()

    const canvas = await makeFirstRun(app.page, { withComfyuisPage: true })
    const picture = await runInComfyuisPage(canvas)

    expect(new URL(canvas.url()).origin).toBe(`http://127.0.0.1:${home.port}`)
    expect(picture).toMatchObject({ width: 512, height: 512 })
    expect(new URL(picture.source).origin).toBe(`http://127.0.0.1:${home.port}`)
  })

  desktopTest('shows the plain page when ComfyUI’s own was not downloaded', async ({ start }) => {
    const app = await start()
    await startPracticeEngine(app.page, { withComfyuisPage: false })

    const canvas = await openComfyui(app)

    await canvas.waitForLoadState()
    expect(await canvas.evaluate(() => (window as any).app)).toBeUndefined()
    expect(await canvas.evaluate(async () => (await fetch('/queue')).status)).toBe(200)
  })
})
