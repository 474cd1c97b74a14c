import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Prompt } from './engineClient.ts'
import { usesRealComfyui } from './engineUnderTest.ts'
import { servedPassword } from './servedGatehouse.ts'

/** What a person does in ComfyUI's own page, by the words that are on its buttons. */

/** Signs in where the gate asks for it, and waits until the page can be worked with. */
export async function openCanvas(page: Page, url: string, name?: string): Promise<void> {
  page.setDefaultTimeout(60_000)
  await page.goto(url)
  if (name !== undefined) {
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password', { exact: true }).fill(servedPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(({ pathname }) => pathname !== '/login')
    // Who builds nothing lands on what is ready to run, and opens the canvas from there.
    if (new URL(page.url()).pathname !== '/') await page.goto(new URL('/?canvas', url).href)
  }
  await waitForCanvas(page, { isNew: true })
}

export async function waitForCanvas(page: Page, options: { isNew: boolean }): Promise<void> {
  await page.waitForFunction(() => (window as any).app?.extensionManager !== undefined && (window as any).app.graph)
  // The practice engine's own extension keeps the dialog for new users away.
  if (options.isNew && usesRealComfyui) {
    const templates = page.getByRole('dialog').filter({ hasText: 'Get Started with a Template' })
    await templates.waitFor()
    await page.keyboard.press('Escape')
    await templates.waitFor({ state: 'hidden' })
  }
  await page.waitForFunction(() => (window as any).app.graph.nodes.length > 0 || document.title !== '')
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
}

/** Puts a workflow in API form onto the canvas. */
export async function loadPrompt(page: Page, prompt: Prompt, name: string): Promise<void> {
  await page.evaluate(([given, title]) => (window as any).app.loadApiJson(given, title), [prompt, name] as const)
  const count = Object.keys(prompt).length
  await page.waitForFunction((nodes) => (window as any).app.graph.nodes.length === nodes, count)
}

export async function pressRun(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).click()
}

/** The picture that the first node of that class shows now. */
export async function waitForPicture(page: Page, before?: string): Promise<string> {
  const shown = await page.waitForFunction((old) => {
    const picture = (window as any).app.graph.nodes.find((node: any) => node.type === 'SaveImage')?.imgs?.[0]
    return picture?.naturalWidth > 0 && picture.src !== old ? (picture.src as string) : undefined
  }, before)
  return String(await shown.jsonValue())
}

/** Counts what arrives on the page's own socket from now on. */
export async function countEvents(page: Page): Promise<(name: string) => Promise<number>> {
  await page.evaluate(() => {
    const seen: Record<string, number> = {}
    ;(window as any).seenEvents = seen
    const names = ['status', 'execution_start', 'progress', 'progress_state', 'executed', 'execution_success']
    for (const name of [...names, 'execution_interrupted', 'b_preview', 'b_preview_with_metadata']) {
      ;(window as any).app.api.addEventListener(name, () => (seen[name] = (seen[name] ?? 0) + 1))
    }
  })
  return (name) => page.evaluate((wanted) => (window as any).seenEvents[wanted] ?? 0, name)
}

const sidebar = (page: Page) => page.locator('.sidebar-content-container')

/** Opens a tab of the page's side bar, unless it is open. */
export async function openSidebar(page: Page, tab: 'Queue' | 'Workflows'): Promise<void> {
  const title = page.locator('.comfy-vue-side-bar-header').getByText(tab, { exact: false })
  if (await title.first().isVisible()) return
  await page.getByRole('button', { name: new RegExp(`^${tab} \\(`) }).click()
  await title.first().waitFor()
}

/** Tasks in the queue panel: those that wait, run and are done. */
export const tasksOf = (page: Page) => sidebar(page).locator('.task-item')

/** Adds a LoadImage node and uploads a picture by its button. @returns the name that the node then has */
export async function uploadByNode(page: Page, file: { name: string; buffer: Buffer }): Promise<string> {
  await page.evaluate(() => {
    const node = (window as any).LiteGraph.createNode('LoadImage')
    ;(window as any).app.graph.add(node)
  })
  const chooser = page.waitForEvent('filechooser')
  await page.evaluate(() => {
    const node = (window as any).app.graph.nodes.find((candidate: any) => candidate.type === 'LoadImage')
    node.widgets.find((widget: any) => widget.name === 'upload').callback()
  })
  await (await chooser).setFiles({ ...file, mimeType: 'image/png' })
  return waitForNodeValue(page, file.name)
}

async function waitForNodeValue(page: Page, part: string): Promise<string> {
  const value = await page.waitForFunction((wanted) => {
    const node = (window as any).app.graph.nodes.find((candidate: any) => candidate.type === 'LoadImage')
    const name = String(node.widgets[0].value)
    return name.includes(wanted) && node.imgs?.[0]?.naturalWidth > 0 ? name : undefined
  }, part)
  return String(await value.jsonValue())
}

/** Opens the mask editor on the LoadImage node and saves. @returns the name that the node then has */
export async function saveMask(page: Page): Promise<string> {
  await page.evaluate(() => {
    const { app } = window as any
    app.canvas.selectNode(app.graph.nodes.find((node: any) => node.type === 'LoadImage'))
    return app.extensionManager.command.execute('Comfy.MaskEditor.OpenMaskEditor')
  })
  const editor = page.locator('#maskEditor')
  await editor.getByText('Brush Settings').waitFor()
  // The editor shows its tools before the picture: until then there is nothing to save.
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLCanvasElement>('#maskEditor canvas')].some((canvas) => {
      const pixel = canvas.width > 0 && canvas.height > 0 && canvas.getContext('2d')
      return pixel && pixel.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3] === 255
    }),
  )
  await page.getByRole('button', { name: 'Save', exact: true }).first().click()
  return waitForNodeValue(page, 'clipspace')
}

export async function saveWorkflowAs(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+s')
  const dialog = page.getByRole('dialog').filter({ hasText: 'Save workflow' })
  await dialog.getByRole('textbox').fill(name)
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await expect.poll(() => page.title()).toContain(name)
}

export async function openSavedWorkflow(page: Page, name: string): Promise<void> {
  await openSidebar(page, 'Workflows')
  await sidebar(page).getByText(`${name}.json`).last().click()
  await expect.poll(() => page.title()).toContain(name)
}

export const setSetting = (page: Page, id: string, value: unknown): Promise<void> =>
  page.evaluate(([name, given]) => (window as any).app.extensionManager.setting.set(name, given), [id, value] as const)

export const getSetting = (page: Page, id: string): Promise<unknown> =>
  page.evaluate((name) => (window as any).app.extensionManager.setting.get(name), id)

/** What the page itself shows as the length of the queue. */
export const remaining = (page: Page): Promise<number> =>
  page.evaluate(async () => (await (await fetch('/api/prompt')).json()).exec_info.queue_remaining)
