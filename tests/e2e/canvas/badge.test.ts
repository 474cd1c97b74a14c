import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quickPrompt, slowPrompt } from '../../support/canvasPrompts.ts'
import { loadPrompt, openCanvas, openSidebar, pressRun, remaining, tasksOf } from '../../support/canvasSteps.ts'
import { hostileName, openCanvasWorld } from '../../support/canvasWorld.ts'
import type { CanvasWorld } from '../../support/canvasWorld.ts'
import type { EngineClient } from '../../support/engineClient.ts'

let world: CanvasWorld
let leo: EngineClient

beforeAll(async () => {
  world = await openCanvasWorld()
  leo = await world.clientOf('Leo')
})
afterAll(() => world.close())

const patience = { timeout: 30_000 }

async function openAs(name: string): Promise<Page> {
  const context = await world.browser.newContext({ viewport: { width: 1400, height: 900 } })
  const page = await context.newPage()
  await openCanvas(page, world.gatehouse.url, name)
  return page
}

const badgeOf = (page: Page) => page.locator('.gatehouse-badge').getByRole('button')
const panelOf = (page: Page) => page.getByRole('dialog', { name: 'Gatehouse' })

/** Stops what runs and takes what waits out of the line. */
async function clearOf(client: EngineClient): Promise<void> {
  await client.post('/queue', { clear: true })
  await client.post('/interrupt', {})
  await client.waitUntilIdle()
}

describe('two people in ComfyUI’s own page', () => {
  it('each has a queue, events and buttons of their own; the other is only a place in the line', async () => {
    const mia = await openAs('Mia')
    const other = await mia.context().newPage()
    await openCanvas(other, world.gatehouse.url)
    for (const tab of [mia, other]) await openSidebar(tab, 'Queue')

    await leo.queue(slowPrompt('leo-runs'))
    await leo.queue(slowPrompt('leo-waits'))
    await expect.poll(async () => (await leo.get('/queue')).json().queue_running.length, patience).toBe(1)
    await loadPrompt(mia, quickPrompt('mia'), 'mine')
    await pressRun(mia)

    await badgeOf(mia)
      .filter({ hasText: /^MMia(Next|2nd in line|3rd in line), / })
      .waitFor()
    await badgeOf(other)
      .filter({ hasText: / in line, |Next, / })
      .waitFor()
    for (const tab of [mia, other]) await expect.poll(() => tasksOf(tab).count(), patience).toBe(1)
    expect(await remaining(mia)).toBe(1)
    const seen = await mia.evaluate(async () => (await (await fetch('/api/queue')).text()) + document.body.innerText)
    expect(seen).not.toContain('leo')

    await mia.getByRole('button', { name: 'Cancel current run' }).click({ force: true })
    expect(await remaining(mia)).toBe(1)
    await badgeOf(mia).click()
    await panelOf(mia).getByRole('button', { name: 'Take it out of the line' }).click()
    for (const tab of [mia, other]) await expect.poll(() => tasksOf(tab).count(), patience).toBe(0)
    await badgeOf(mia)
      .filter({ hasText: /^MMia$/ })
      .waitFor()
    expect((await leo.get('/queue')).json().queue_running).toHaveLength(1)
    expect((await leo.get('/queue')).json().queue_pending).toHaveLength(1)

    await clearOf(leo)
    await mia.context().close()
  })
})

describe('the badge in ComfyUI’s page', () => {
  it('says who one is, why a job is held, how much room is used, and leads out (sign-out button gone, S-40, L-21)', async () => {
    const page = await openAs('Mia')
    await badgeOf(page).click()
    await panelOf(page).getByText('Creator', { exact: true }).waitFor()
    await panelOf(page)
      .getByText(/^[\d.]+ .*of [\d.]+ [MGT]B$/)
      .waitFor()
    expect(await panelOf(page).getByRole('link', { name: 'My pictures' }).getAttribute('href')).toBe(
      '/gatehouse/pictures',
    )

    await leo.queue(slowPrompt('leo-runs'))
    await loadPrompt(page, quickPrompt('held'), 'held')
    await pressRun(page)
    await expect.poll(() => remaining(page), patience).toBe(1)
    const answer = await page.evaluate(async () => {
      const { items } = await (await fetch('/gatehouse/api/v1/jobs')).json()
      const how = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"held":true}' }
      return (await fetch(`/gatehouse/api/v1/jobs/${items[0].id}`, how)).status
    })
    expect(answer).toBe(200)
    await badgeOf(page).filter({ hasText: 'On hold' }).waitFor()
    if (!(await panelOf(page).isVisible())) await badgeOf(page).click()
    await panelOf(page).getByText('On hold. You put it on hold.').waitFor()

    const loggedOut = page.waitForURL(/\/login$/)
    const drafts = await page.evaluate(() =>
      (window as any).app.extensionManager.workflow.openWorkflows.some((open: any) => open.isModified),
    )
    await panelOf(page).getByRole('button', { name: 'Sign out' }).click()
    if (drafts) await panelOf(page).getByRole('button', { name: 'Sign out and lose unsaved changes' }).click()
    await loggedOut
    expect((await page.context().request.get(new URL('queue', world.gatehouse.url).href)).status()).toBe(401)
    await clearOf(leo)
    await page.context().close()
  })

  it('says when the sign-in has ended elsewhere, and keeps the canvas', async () => {
    const page = await openAs('Mia')
    await badgeOf(page).filter({ hasText: 'Mia' }).waitFor()

    await page.context().request.delete(new URL('gatehouse/api/v1/session', world.gatehouse.url).href)

    await badgeOf(page).filter({ hasText: 'Signed out' }).waitFor()
    await badgeOf(page).click()
    expect(await panelOf(page).getByRole('link', { name: 'Sign in again' }).getAttribute('href')).toBe('/login')
    await page.context().close()
  })

  it('shows a name that is HTML as text: nothing of it runs', async () => {
    const page = await openAs(hostileName)
    await badgeOf(page).click()

    await panelOf(page).getByRole('heading', { name: hostileName }).waitFor()
    expect(await page.title()).not.toContain('666')
    expect(await page.locator('.gatehouse-panel img, .gatehouse-badge img').count()).toBe(0)
    await page.context().close()
  })

  it('is not taken over by a pack that registers an extension of its name first', async () => {
    const context = await world.browser.newContext({ viewport: { width: 1400, height: 900 } })
    const page = await context.newPage()
    const pack = '/extensions/pack/gatehouse.js'
    await page.route('**/api/extensions', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: [pack, ...(await answer.json())] })
    })
    await page.route(`**${pack}`, (route) =>
      route.fulfill({
        contentType: 'text/javascript',
        body: `import { app } from '../../scripts/app.js'\napp.registerExtension({ name: 'Gatehouse', setup() { window.packRan = true } })\nwindow.packLoaded = true`,
      }),
    )
    // Ours comes last, so that the name is taken.
    await page.route('**/gatehouse/assets/comfyui.js', async (route) => {
      const answer = await route.fetch()
      await page.waitForFunction(() => (window as any).packLoaded)
      await route.fulfill({ response: answer })
    })
    await openCanvas(page, world.gatehouse.url, 'Mia')

    await badgeOf(page).filter({ hasText: 'Mia' }).waitFor()
    await page.waitForFunction(() => (window as any).packRan === true)
    await badgeOf(page).click()
    await panelOf(page).getByText('Creator', { exact: true }).waitFor()
    await context.close()
  })

  it('stands in a corner where the frontend shows no bar, and goes where only the canvas is wanted', async () => {
    const page = await openAs('Mia')
    await badgeOf(page).waitFor()
    await page.evaluate(() => (window as any).app.extensionManager.setting.set('Comfy.UseNewMenu', 'Disabled'))

    await page.locator('body > .gatehouse-badge').waitFor({ timeout: 20_000 })
    expect(await badgeOf(page).isVisible()).toBe(true)
    await page.evaluate(() => (window as any).app.extensionManager.setting.set('Comfy.UseNewMenu', 'Top'))
    await page.locator('.comfyui-menu .gatehouse-badge').waitFor()
    await page.keyboard.press('f')
    await badgeOf(page).waitFor({ state: 'hidden' })
    await page.context().close()
  })
})
