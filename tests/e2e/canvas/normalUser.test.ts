import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quickPrompt, slowPrompt } from '../../support/canvasPrompts.ts'
import {
  countEvents,
  getSetting,
  loadPrompt,
  openCanvas,
  openSavedWorkflow,
  openSidebar,
  pressRun,
  remaining,
  saveMask,
  saveWorkflowAs,
  setSetting,
  tasksOf,
  uploadByNode,
  waitForCanvas,
  waitForPicture,
} from '../../support/canvasSteps.ts'
import { openCanvasWorld } from '../../support/canvasWorld.ts'
import type { CanvasWorld } from '../../support/canvasWorld.ts'
import { usesRealComfyui } from '../../support/engineUnderTest.ts'
import { collectComplaints } from '../../support/pageComplaints.ts'
import { makePng } from '../../contract/prompts.ts'

let world: CanvasWorld

beforeAll(async () => {
  world = await openCanvasWorld()
})
afterAll(() => world.close())

const viewport = { width: 1400, height: 900 }
const patience = { timeout: 30_000 }

/** A working day in ComfyUI's page; what it asserts holds with and without a gate. */
async function workInComfyui(page: Page): Promise<void> {
  const eventsSeen = await countEvents(page)
  await openSidebar(page, 'Queue')
  await loadPrompt(page, quickPrompt('canvas'), 'canvas')
  await pressRun(page)
  const picture = await waitForPicture(page)
  expect(new URL(picture).origin).toBe(new URL(page.url()).origin)
  await expect.poll(() => tasksOf(page).count(), patience).toBe(1)
  await expect.poll(() => eventsSeen('execution_success'), patience).toBe(1)
  expect(await eventsSeen('progress_state')).toBeGreaterThan(0)
  if (!usesRealComfyui) expect(await eventsSeen('b_preview_with_metadata')).toBeGreaterThan(0)

  const uploaded = await uploadByNode(page, { name: 'heron.png', buffer: await makePng(11) })
  expect(uploaded).toBe('heron.png')
  expect(await saveMask(page)).toContain('clipspace')
  await loadPrompt(page, loadAndSave('heron.png'), 'loaded')
  await pressRun(page)
  await waitForPicture(page, picture)
  await expect.poll(() => tasksOf(page).count(), patience).toBe(2)

  await saveWorkflowAs(page, 'wading birds')
  await setSetting(page, 'Comfy.LinkRelease.Action', 'search box')
  await page.reload()
  await waitForCanvas(page, { isNew: false })
  expect(await getSetting(page, 'Comfy.LinkRelease.Action')).toBe('search box')
  await openSidebar(page, 'Queue')
  await expect.poll(() => tasksOf(page).count(), patience).toBe(2)
  await openSavedWorkflow(page, 'wading birds')
  await page.waitForFunction(() => (window as any).app.graph.nodes.some((node: any) => node.type === 'LoadImage'))

  await loadPrompt(page, slowPrompt('slow'), 'slow')
  await pressRun(page)
  await page.getByRole('button', { name: 'Clear Pending Tasks' }).waitFor()
  await pressRun(page)
  await openSidebar(page, 'Queue')
  await expect.poll(() => tasksOf(page).count(), patience).toBe(4)
  await page.getByRole('button', { name: 'Clear Pending Tasks' }).click()
  await expect.poll(() => tasksOf(page).count(), patience).toBe(3)
  await page.getByRole('button', { name: 'Cancel current run' }).click()
  await expect.poll(() => remaining(page), patience).toBe(0)
}

const loadAndSave = (image: string) => ({
  '1': { class_type: 'LoadImage', inputs: { image } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'loaded' } },
})

async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport })
  return context.newPage()
}

describe('ComfyUI’s own page for a normal user', () => {
  it('works as without a gate, and its console has no error that direct use does not have', async () => {
    const direct = await world.openDirect()
    const alone = await newPage(world.browser)
    const withoutGate = collectComplaints(alone)
    await openCanvas(alone, direct.url)
    await workInComfyui(alone)
    await alone.context().close()
    await direct.close()

    const behind = await newPage(world.browser)
    await openCanvas(behind, world.gatehouse.url, 'Mia')
    // Signing in is not part of the comparison.
    const throughGate = collectComplaints(behind)
    await behind.reload()
    await waitForCanvas(behind, { isNew: false })
    await workInComfyui(behind)
    await behind.context().close()

    console.log('directly:\n  ' + withoutGate.list().join('\n  '))
    console.log('through the gate:\n  ' + throughGate.list().join('\n  '))
    const known = new Set(withoutGate.list())
    expect(throughGate.list().filter((complaint) => !known.has(complaint))).toEqual([])
  })
})
