import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quickPrompt } from '../../support/canvasPrompts.ts'
import { loadPrompt, openCanvas, pressRun, waitForPicture } from '../../support/canvasSteps.ts'
import { openCanvasWorld } from '../../support/canvasWorld.ts'
import type { CanvasWorld } from '../../support/canvasWorld.ts'
import { usesRealComfyui } from '../../support/engineUnderTest.ts'
import { openPublisher, quickInputs } from '../../support/publishing.ts'
import type { Publisher } from '../../support/publishing.ts'

let world: CanvasWorld
let publisher: Publisher

beforeAll(async () => {
  world = await openCanvasWorld()
  publisher = await openPublisher(world.gatehouse, 'Ada')
})
afterAll(() => world.close())

async function openAs(name: string): Promise<Page> {
  const context = await world.browser.newContext({ viewport: { width: 1400, height: 900 } })
  const page = await context.newPage()
  await openCanvas(page, world.gatehouse.url, name)
  return page
}

const badgeOf = (page: Page) => page.locator('.gatehouse-badge').getByRole('button')
const panelOf = (page: Page) => page.getByRole('dialog', { name: 'Gatehouse' })

/** Types into a widget as the page's own fields do. */
const setWidget = (page: Page, type: string, name: string, value: unknown): Promise<void> =>
  page.evaluate(
    ([wantedType, widgetName, given]) => {
      const node = (window as any).app.graph.nodes.find((candidate: any) => candidate.type === wantedType)
      node.widgets.find((widget: any) => widget.name === widgetName).value = given
    },
    [type, name, value] as const,
  )

async function openReady(page: Page, name: string, nodes: number): Promise<void> {
  await badgeOf(page).click()
  await panelOf(page).getByRole('button', { name, exact: true }).click()
  await page.waitForFunction((count) => (window as any).app.graph.nodes.length === count, nodes)
  await panelOf(page).waitFor({ state: 'hidden' })
}

const lastJobOf = async (page: Page): Promise<any> =>
  page.evaluate(async () => (await (await fetch('/gatehouse/api/v1/jobs?state=ended')).json()).items[0])

describe.skipIf(usesRealComfyui)('a published workflow in ComfyUI’s own page', () => {
  it('is opened from the panel and runs with what may be changed; anything else is refused and named', async () => {
    const workflow = await publisher.publish({
      name: 'Lake at noon',
      prompt: quickPrompt('lake', 7),
      inputs: quickInputs,
    })
    const page = await openAs('Tom')
    await openReady(page, 'Lake at noon', 2)

    await setWidget(page, 'PracticeSampler', 'text', 'a heron in the reeds')
    await pressRun(page)
    await waitForPicture(page)
    expect(await lastJobOf(page)).toMatchObject({
      state: 'succeeded',
      workflow: { id: workflow.id, name: 'Lake at noon', version: 1 },
    })

    await setWidget(page, 'PracticeSampler', 'steps', 3)
    await pressRun(page)
    const refusal = page.getByRole('dialog').filter({ hasText: /steps/ })
    await refusal.waitFor()
    expect(await refusal.innerText()).toMatch(/Sampler|Lake at noon/)
    expect((await publisher.ask('GET', 'workflows?all=true')).json.items[0].timesRun).toBe(1)
    await page.context().close()
  })

  it('leaves the list of an open page as soon as it is withdrawn', async () => {
    const { id } = await publisher.publish({ name: 'For a moment', prompt: quickPrompt('short', 7) })
    const page = await openAs('Tom')
    await badgeOf(page).click()
    await panelOf(page).getByRole('button', { name: 'For a moment' }).waitFor()

    await publisher.ask('DELETE', `workflows/${id}`)

    await panelOf(page).getByRole('button', { name: 'For a moment' }).waitFor({ state: 'detached', timeout: 5000 })
    await page.context().close()
  })

  it('is published from there by an administrator in two steps: the page hands over, the owner decides', async () => {
    const page = await openAs('Ada')
    const tom = await openAs('Tom')
    await loadPrompt(page, quickPrompt('birds', 7), 'wading birds')
    const before = (await publisher.ask('GET', 'workflows?all=true')).json.items.length

    await badgeOf(page).click()
    await panelOf(page).getByRole('button', { name: 'Publish …' }).click()
    await panelOf(page).getByText('Handed over.').waitFor()

    const [draft] = (await publisher.ask('GET', 'workflows/drafts')).json.items
    expect(draft).toMatchObject({ name: 'wading birds', by: { name: 'Ada' }, fromApp: false, nodes: 2 })
    expect((await publisher.ask('GET', 'workflows?all=true')).json.items).toHaveLength(before)

    const { prompt, canvas } = (await publisher.ask('GET', `workflows/drafts/${draft.id}`)).json
    expect(canvas.nodes).toHaveLength(2)
    const body = { name: 'Wading birds', prompt, canvas, grants: { public: true, roles: [], people: [] } }
    expect((await publisher.ask('POST', 'workflows', body)).status).toBe(201)
    await openReady(tom, 'Wading birds', 2)
    await pressRun(tom)
    await waitForPicture(tom)
    for (const one of [page, tom]) await one.context().close()
  })

  it('is published by nobody’s script in that page (a custom node in an administrator’s browser)', async () => {
    const page = await openAs('Ada')
    const tom = await openAs('Tom')
    const statusOf = (on: Page, path: string, body: unknown): Promise<number> =>
      on.evaluate(
        async ([address, sent]) =>
          (
            await fetch(`/gatehouse/api/v1/${address}`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify(sent),
            })
          ).status,
        [path, body] as const,
      )
    const workflow = { name: 'Not asked for', prompt: quickPrompt('evil', 1) }
    const before = (await publisher.ask('GET', 'workflows?all=true')).json.items.length

    expect(await statusOf(page, 'workflows', workflow)).toBe(403)
    expect(await statusOf(page, 'workflows/inspect', workflow)).toBe(403)
    expect(await statusOf(tom, 'workflows/drafts', workflow)).toBe(403)
    expect(await statusOf(page, 'workflows/drafts', workflow)).toBe(201)
    expect((await publisher.ask('GET', 'workflows?all=true')).json.items).toHaveLength(before)
    expect(await panelOf(tom).getByRole('button', { name: 'Publish …' }).count()).toBe(0)
    for (const one of [page, tom]) await one.context().close()
  })
})
