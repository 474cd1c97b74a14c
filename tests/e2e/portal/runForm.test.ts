import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBarriers, openPortalWorld } from '../../support/portalWorld.ts'
import type { PortalWorld } from '../../support/portalWorld.ts'

let world: PortalWorld

beforeAll(async () => {
  world = await openPortalWorld()
})
afterAll(() => world.close())

const patience = { timeout: 60_000 }

/** A plain colour of a size that may be chosen: every engine has its nodes. */
const colour = (name: string) => ({
  name,
  prompt: {
    '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 3368652 } },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'colour' } },
  },
  inputs: [
    { kind: 'integer', key: '1.width', label: 'Width', min: 16, max: 512, step: 1, default: 64 },
    { kind: 'integer', key: '1.height', label: 'Height', min: 16, max: 512, step: 1, default: 64 },
  ],
})

const width = (page: Page) => page.getByLabel('Width', { exact: true })
const runButton = (page: Page) => page.getByRole('button', { name: 'Run', exact: true })

describe('a form that somebody fills in', () => {
  it('outlives another workflow that is published, and says when its own was taken back', async () => {
    const first = await world.publish(colour('A colour'))
    const page = await world.openPhone('Tom')
    // The only one opens at once.
    await page.getByRole('heading', { level: 1, name: 'A colour' }).waitFor(patience)
    await width(page).fill('97')

    const second = await world.publish(colour('Another colour'))
    // The way to both appears, and nothing else changes.
    const all = page.getByRole('link', { name: 'All', exact: true })
    await all.waitFor(patience)
    await page.getByRole('heading', { level: 1, name: 'A colour' }).waitFor()
    expect(await width(page).inputValue()).toBe('97')
    expect(await runButton(page).isEnabled()).toBe(true)

    await world.withdraw(first.id)
    const words = page
      .getByRole('status')
      .filter({ hasText: 'This workflow was taken back, so it cannot run any more.' })
    await words.waitFor(patience)
    expect(await width(page).inputValue()).toBe('97')
    expect(await runButton(page).isDisabled()).toBe(true)
    expect(await findBarriers(page)).toEqual([])

    // What is left opens; the one that is gone does not come back.
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Run' }).waitFor(patience)
    await page.getByRole('link', { name: /^Another colour/ }).tap()
    await page.getByRole('heading', { level: 1, name: 'Another colour' }).waitFor()
    expect(await width(page).inputValue()).toBe('64')
    await runButton(page).tap()
    await page.getByRole('img', { name: /^Result: / }).waitFor(patience)

    await world.withdraw(second.id)
    await page.context().close()
  })

  it('says so too when the only one there was is taken back', async () => {
    const only = await world.publish(colour('The last colour'))
    const page = await world.openPhone('Leo')
    await page.getByRole('heading', { level: 1, name: 'The last colour' }).waitFor(patience)
    await width(page).fill('33')

    await world.withdraw(only.id)

    await page.getByText('What you filled in stays here while this page is open.').waitFor(patience)
    expect(await width(page).inputValue()).toBe('33')
    expect(await runButton(page).isDisabled()).toBe(true)
    await page.context().close()
  })
})
