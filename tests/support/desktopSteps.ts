import { expect } from 'vitest'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { patienceMs } from './desktopApp.ts'
import type { DesktopApp } from './desktopApp.ts'

/** What people do in the pages, by the words they see. */

/** First run with the practice engine, up to ComfyUI's window, which opens by itself. */
export async function makeFirstRun(page: Page, options: { withComfyuisPage: boolean }): Promise<Page> {
  await page.getByRole('heading', { name: 'On this computer you are the owner' }).waitFor()
  await page.getByRole('radio', { name: /^Practice engine/ }).check()
  const download = page.getByRole('checkbox', { name: /^Download ComfyUI’s own page/ })
  await download.setChecked(options.withComfyuisPage)
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await waitUntilRunning(page)
  return findComfyui(page)
}

/** The same; ends on Home with the engine running and ComfyUI's window closed again. */
export async function startPracticeEngine(page: Page, options: { withComfyuisPage: boolean }): Promise<void> {
  const canvas = await makeFirstRun(page, options)
  await canvas.close()
}

/** First run with the ComfyUI whose folder the next dialog gives, up to its window, which opens by itself. */
export async function chooseComfyui(page: Page, directory: string): Promise<Page> {
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await page.getByText(directory, { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await waitUntilRunning(page)
  return findComfyui(page)
}

async function findComfyui(page: Page): Promise<Page> {
  const context = page.context()
  const canvas =
    context.pages().find((other) => other !== page) ?? (await context.waitForEvent('page', { timeout: patienceMs }))
  canvas.setDefaultTimeout(patienceMs)
  await canvas.waitForURL(/^http/)
  await canvas.waitForLoadState()
  return canvas
}

export async function waitUntilRunning(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'ComfyUI' }).getByText('Running', { exact: true }).waitFor()
}

export async function openPage(
  page: Page,
  name: 'Home' | 'People' | 'Pictures' | 'Jobs' | 'Keys' | 'Network' | 'Activity' | 'ComfyUI' | 'Settings',
): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click()
}

/** Adds a Creator and gives back the password, which is shown once. */
export async function addPerson(page: Page, name: string, password: string): Promise<void> {
  await openPage(page, 'People')
  await page.getByRole('button', { name: 'Invite' }).first().click()
  await page.getByRole('button', { name: 'Choose a password for them instead' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(name)
  await dialog.getByRole('radio', { name: /^Creator/ }).check()
  await dialog.getByLabel('Password').fill(password)
  await dialog.getByRole('button', { name: `Add ${name}` }).click()
  await dialog.getByRole('button', { name: 'I have saved it' }).click()
}

export async function switchSharingOn(page: Page): Promise<void> {
  await openPage(page, 'Home')
  const region = page.getByRole('region', { name: 'Sharing' })
  await region.getByRole('switch', { name: 'Sharing' }).click()
  await region.getByText('On', { exact: true }).waitFor()
}

/** The window that "Open ComfyUI" opens. */
export async function openComfyui(app: DesktopApp): Promise<Page> {
  const opened = app.application.waitForEvent('window', { timeout: patienceMs })
  await app.page.getByRole('button', { name: 'Open ComfyUI' }).click()
  const canvas = await opened
  canvas.setDefaultTimeout(patienceMs)
  return canvas
}

export async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const pictureSchema = z.object({ width: z.number(), height: z.number(), source: z.string() })

/** Presses Run in ComfyUI's own page and waits for the picture that its Save Image node shows. */
export async function runInComfyuisPage(page: Page): Promise<z.infer<typeof pictureSchema>> {
  await page.waitForFunction(() => (window as any).app?.graph?.nodes?.some((node: any) => node.type === 'SaveImage'))
  await page
    .getByRole('button', { name: /^(Run|Queue)/ })
    .first()
    .click()
  const shown = await page.waitForFunction(() => {
    const node = (window as any).app.graph.nodes.find((candidate: any) => candidate.type === 'SaveImage')
    const picture = node?.imgs?.[0]
    return picture?.naturalWidth > 0
      ? { width: picture.naturalWidth, height: picture.naturalHeight, source: picture.src }
      : undefined
  })
  return pictureSchema.parse(await shown.jsonValue())
}

/** As a new user of ComfyUI: the smallest workflow that every one can run without a model. */
export async function runEmptyImageInComfyuisPage(page: Page): Promise<z.infer<typeof pictureSchema>> {
  // A new user is met by templates. They come last: before them, ComfyUI's page would still put a workflow of its own in place.
  const templates = page.getByRole('dialog').filter({ hasText: 'Get Started with a Template' })
  await templates.waitFor()
  await page.keyboard.press('Escape')
  await templates.waitFor({ state: 'hidden' })
  await page.evaluate(() =>
    (window as any).app.loadApiJson(
      {
        '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 48, batch_size: 1, color: 3368652 } },
        '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'gatehouse-e2e' } },
      },
      'e2e',
    ),
  )
  return runInComfyuisPage(page)
}

const runSchema = z.object({
  events: z.array(z.string()),
  previews: z.number(),
  pictureBytes: z.number(),
  pictureType: z.string().nullable(),
})

/** What a script in the page does: prompt, progress on the WebSocket, picture. Everything goes through the page's own origin. */
export async function runByScript(page: Page, extraData: Record<string, unknown> = {}) {
  const outcome: unknown = await page.evaluate(async (extra) => {
    const clientId = `e2e-${Math.random().toString(16).slice(2)}`
    const socket = new WebSocket(`ws://${location.host}/ws?clientId=${clientId}`)
    socket.binaryType = 'arraybuffer'
    const events: string[] = []
    let previews = 0
    const done = new Promise<void>((resolve, reject) => {
      socket.onerror = () => reject(new Error('the WebSocket failed'))
      socket.onclose = (event) => reject(new Error(`the WebSocket closed: ${event.code}`))
      socket.onmessage = ({ data }) => {
        if (typeof data !== 'string') {
          previews += 1
          return
        }
        const message = JSON.parse(data)
        events.push(message.type)
        if (message.type === 'execution_success') resolve()
        if (message.type === 'execution_error') reject(new Error(data))
      }
    })
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      setTimeout(() => reject(new Error('the WebSocket did not open')), 10_000)
    })
    const prompt = {
      '1': {
        class_type: 'PracticeSampler',
        inputs: {
          text: 'a lake',
          seed: 7,
          steps: 5,
          width: 256,
          height: 192,
          batch_size: 1,
          milliseconds_per_step: 20,
        },
      },
      '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'e2e' } },
    }
    const accepted = await fetch('/prompt', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt, client_id: clientId, extra_data: extra }),
    })
    if (!accepted.ok) throw new Error(`prompt: ${accepted.status} ${await accepted.text()}`)
    const { prompt_id: promptId } = await accepted.json()
    await done
    socket.onclose = null
    socket.close()
    const history = await (await fetch(`/history/${promptId}`)).json()
    const [image] = history[promptId].outputs['2'].images
    const query = new URLSearchParams({ filename: image.filename, subfolder: image.subfolder, type: image.type })
    const picture = await fetch(`/view?${query.toString()}`)
    const pictureBytes = (await picture.arrayBuffer()).byteLength
    return { events, previews, pictureBytes, pictureType: picture.headers.get('content-type') }
  }, extraData)
  return runSchema.parse(outcome)
}

/** Opens a WebSocket in the page and keeps it; `closeCode` resolves when the gate closes it. */
export async function holdSocketOpen(page: Page): Promise<{ closeCode: () => Promise<number> }> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(`ws://${location.host}/ws?clientId=held`)
        ;(window as any).heldSocketClosed = new Promise<number>((closed) => {
          socket.onclose = (event) => closed(event.code)
        })
        socket.onopen = () => resolve()
        socket.onerror = () => reject(new Error('the WebSocket failed'))
      }),
  )
  return { closeCode: () => page.evaluate(() => (window as any).heldSocketClosed as Promise<number>) }
}

export function statusOf(page: Page, path: string): Promise<number> {
  return page.evaluate(async (target) => (await fetch(target)).status, path)
}

/** A journey's run went through: progress was seen and the picture is a real one. */
export function expectFinishedRun(run: z.infer<typeof runSchema>): void {
  expect(run.events).toEqual(expect.arrayContaining(['execution_start', 'progress', 'executed', 'execution_success']))
  expect(run.previews).toBeGreaterThan(0)
  expect(run.pictureType).toBe('image/png')
  expect(run.pictureBytes).toBeGreaterThan(1000)
}
