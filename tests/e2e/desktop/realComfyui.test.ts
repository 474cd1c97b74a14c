import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { runCli } from '../../support/desktopCli.ts'
import { desktopTest, waitUntilGone } from '../../support/desktopApp.ts'
import { processTree } from '../../support/desktopProcesses.ts'
import { chooseComfyui, runEmptyImageInComfyuisPage } from '../../support/desktopSteps.ts'

const directory = process.env['COMFYUI_DIR'] ?? ''

/** The first run with a ComfyUI of one's own; only where COMFYUI_DIR names one. */
describe.skipIf(directory === '')('a real ComfyUI', () => {
  desktopTest('is chosen by its folder, started, used and stopped', async ({ start, home }) => {
    await runCli(home.dataDirectory, [
      'settings',
      'set',
      'comfyui.arguments',
      JSON.stringify(['--cpu', ...ownFolders(home.dataDirectory)]),
    ])
    const app = await start()
    await app.pickFolder(directory)

    const canvas = await chooseComfyui(app.page, directory)
    const picture = await runEmptyImageInComfyuisPage(canvas)

    expect(picture).toMatchObject({ width: 64, height: 48 })
    expect(new URL(picture.source).origin).toBe(`http://127.0.0.1:${home.port}`)
    const engine = processTree(app.pid).filter(({ commandLine }) => commandLine.includes('main.py'))
    expect(engine).not.toEqual([])
    await app.page.getByRole('switch', { name: 'ComfyUI' }).click()
    await app.page.getByRole('region', { name: 'ComfyUI' }).getByText('Stopped', { exact: true }).waitFor()
    await waitUntilGone(engine.map(({ pid }) => pid))
  })
})

/** Folders of the test's own, so that the installation stays as it was. */
function ownFolders(dataDirectory: string): string[] {
  return ['input', 'output', 'temp', 'user'].flatMap((name) => {
    const folder = join(dataDirectory, 'comfyui', name)
    mkdirSync(folder, { recursive: true })
    return [`--${name}-directory`, folder]
  })
}
