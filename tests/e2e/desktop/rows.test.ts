import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { invitationPath } from '../../../proxy/contract/invitations.ts'
import { desktopTest } from '../../support/desktopApp.ts'
import { addPerson, openPage, startPracticeEngine, switchSharingOn } from '../../support/desktopSteps.ts'
import { ask } from '../../support/httpClient.ts'
import { findBarriers } from '../../support/portalWorld.ts'

const password = 'seven grey herons by the weir'
const api = '/gatehouse/api/v1'

/** What somebody's device sees of the gate. */
class Device {
  readonly #port: number
  #cookie = ''

  constructor(port: number) {
    this.#port = port
  }

  async signIn(): Promise<number> {
    const headers = { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 (Android 14) Chrome/130.0' }
    const body = JSON.stringify({ username: 'Mia', password })
    const answer = await ask(this.#port, `${api}/session`, { method: 'POST', headers, body })
    this.#cookie = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ')
    return answer.status
  }

  async ask(): Promise<number> {
    return (await ask(this.#port, `${api}/account`, { headers: { cookie: this.#cookie } })).status
  }

  async askByKey(key: string): Promise<number> {
    return (await ask(this.#port, '/queue', { headers: { authorization: `Bearer ${key}` } })).status
  }
}

const openMia = async (page: Page) => {
  await openPage(page, 'People')
  await page.getByRole('button', { name: 'Mia', exact: true }).click()
  return page.getByRole('dialog', { name: 'Mia' })
}

describe('the buttons in rows', () => {
  desktopTest('end a sign-in, a key, an invitation and a person’s access at once', async ({ start, home }) => {
    const app = await start()
    const { page } = app
    await startPracticeEngine(page, { withComfyuisPage: false })
    await addPerson(page, 'Mia', password)
    await switchSharingOn(page)
    const device = new Device(home.port)
    expect([await device.signIn(), await device.ask()]).toEqual([200, 200])

    // Whoever only has pages of Gatehouse open is here, too.
    await page.getByRole('region', { name: 'Here now' }).getByText('Mia', { exact: true }).waitFor()

    const drawer = await openMia(page)
    expect(await findBarriers(page, { inWindow: true })).toEqual([])
    await drawer.getByRole('button', { name: /^Sign out Chrome/ }).click()
    await drawer.getByText('Signed in nowhere.').waitFor()
    expect(await device.ask()).toBe(401)

    expect([await device.signIn(), await device.ask()]).toEqual([200, 200])
    await drawer.getByRole('button', { name: 'Turn Mia away' }).click()
    await drawer.getByRole('button', { name: 'Let Mia in again' }).waitFor()
    expect([await device.ask(), await device.signIn()]).toEqual([401, 401])
    await drawer.getByRole('button', { name: 'Let Mia in again' }).click()
    await drawer.getByRole('button', { name: 'Turn Mia away' }).waitFor()
    expect([await device.signIn(), await device.ask()]).toEqual([200, 200])

    await drawer.getByRole('button', { name: 'New key for Mia' }).click()
    const making = page.getByRole('dialog', { name: 'New key' })
    await making.getByLabel('What is it for?').fill('Krita')
    await making.getByRole('button', { name: 'Create key' }).click()
    const made = page.getByRole('dialog', { name: 'The key “Krita”' })
    const key = await made.getByRole('textbox').first().inputValue()
    await made.getByRole('button', { name: 'I have saved it' }).click()
    expect(await device.askByKey(key)).toBe(200)
    await page.getByRole('button', { name: 'Revoke Krita' }).click()
    const asking = page.getByRole('dialog', { name: 'Revoke “Krita”?' })
    await asking.getByRole('button', { name: 'Keep' }).click()
    expect(await device.askByKey(key)).toBe(200)
    await page.getByRole('button', { name: 'Revoke Krita' }).click()
    await asking.getByRole('button', { name: 'Revoke “Krita”' }).click()
    await asking.waitFor({ state: 'hidden' })
    expect(await device.askByKey(key)).toBe(401)

    await openPage(page, 'People')
    await page.getByRole('button', { name: 'Invite' }).first().click()
    await page.getByLabel('Who is it for?').fill('Zoe')
    await page.getByRole('button', { name: 'Make the invitation' }).click()
    await page.getByRole('button', { name: 'Copy the link' }).click()
    const token = new URL(await app.readClipboard()).hash.slice(1)
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
    const look = () =>
      ask(home.port, invitationPath, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token }),
      })
    expect((await look()).status).toBe(200)
    await page.getByRole('button', { name: /^Withdraw: .*Zoe/ }).click()
    await page.getByRole('list', { name: 'Open invitations' }).waitFor({ state: 'detached' })
    expect((await look()).json().code).toBe('INVITATION_INVALID')

    await (await openMia(page)).getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('dialog', { name: 'Remove Mia?' }).getByRole('button', { name: 'Remove Mia' }).click()
    await page.getByRole('button', { name: 'Mia', exact: true }).waitFor({ state: 'detached' })
    expect([await device.ask(), await device.signIn()]).toEqual([401, 401])
  })
})
