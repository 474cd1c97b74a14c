import { describe, expect } from 'vitest'
import { addPerson, api, openOwner } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'
import type { TestApplication } from '../../support/ownApplicationFixture.ts'
import { goodPassword } from '../../support/storesFixture.ts'

type Owner = Awaited<ReturnType<typeof openOwner>>

const phone = '192.168.1.30'

const openDoor = (application: TestApplication, owner: Owner, open = true) =>
  application.ask('PUT', `${api}/knocks`, { ...owner, body: { open } })

const knock = (application: TestApplication, name = 'Mia', address = phone) =>
  application.ask('POST', `${api}/session/knock`, { address, body: { name } })

const poll = (application: TestApplication, secret: string, address = phone) =>
  application.ask('GET', `${api}/session/knock`, { address, headers: { 'x-gatehouse-knock': secret } })

const withdraw = (application: TestApplication, secret: string, address = phone) =>
  application.ask('DELETE', `${api}/session/knock`, { address, headers: { 'x-gatehouse-knock': secret } })

const sessionOf = (answer: Awaited<ReturnType<typeof poll>>): string =>
  /^gatehouse_session=([\w-]{43});/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[1] ?? ''

const answerFirst = async (application: TestApplication, owner: Owner, body: object) => {
  const [waiting] = (await application.ask('GET', `${api}/knocks`, owner)).json.items
  return application.ask('POST', `${api}/knocks/${waiting?.id ?? 'none000000000000'}/answer`, { ...owner, body })
}

describe('the knock at the door', () => {
  it('is offered only while the owner lets people knock, and that ends by itself', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await openOwner(stores)
    expect((await poll(application, '')).json.open).toBe(false)
    expect((await knock(application)).json.code).toBe('PERMISSION_DENIED')

    const opened = await openDoor(application, owner)

    expect(opened.json).toEqual({ openUntil: '2026-11-01T12:10:00.000Z', items: [], nextCursor: null })
    expect((await application.ask('GET', `${api}/session/knock`)).json).toMatchObject({ open: true, state: 'none' })
    clock.advance(10 * 60_000)
    expect((await knock(application)).json.code).toBe('PERMISSION_DENIED')
    expect((await application.ask('GET', `${api}/session/knock`)).json.open).toBe(false)
  })

  it('lets in as a person of their own by the right words, in the browser that knocked', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const { secret, words } = (await knock(application)).json
    expect(words).toMatch(/^[a-z]+ [a-z]+$/)
    const [seen] = (await application.ask('GET', `${api}/knocks`, owner)).json.items
    expect(seen).toMatchObject({ name: 'Mia', address: phone, looksLike: null })
    expect([seen.choices.length, seen.choices.includes(words)]).toEqual([3, true])
    expect((await poll(application, secret)).json).toMatchObject({ state: 'waiting' })

    const answer = await answerFirst(application, owner, { letIn: 'user', words })

    expect(answer.json).toEqual({ result: 'letIn' })
    const entered = await poll(application, secret)
    expect(entered.json).toMatchObject({ state: 'letIn', mayChoosePassword: true })
    const me = await application.ask('GET', `${api}/session`, { session: sessionOf(entered) })
    expect(me.json.user).toMatchObject({ name: 'Mia', role: 'user' })
    const again = await poll(application, secret)
    expect([again.json.state, again.headers['set-cookie']]).toEqual(['over', undefined])
  })

  it('answers once more when the answer got lost on its way to the phone', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const { secret, words } = (await knock(application)).json
    await answerFirst(application, owner, { letIn: 'user', words })
    const lost = sessionOf(await poll(application, secret))
    clock.advance(30_000)

    const again = await poll(application, secret)

    expect(again.json).toMatchObject({ state: 'letIn', mayChoosePassword: true })
    expect((await stores.accounts.list()).map(({ name }) => name)).toContain('Mia')
    // Whoever read the first one on its way has nothing of it.
    expect((await application.ask('GET', `${api}/session`, { session: lost })).status).toBe(401)
    const session = sessionOf(again)
    const headers = { 'x-gatehouse-knock': secret }
    const chosen = { address: phone, session, headers, body: { password: goodPassword } }
    expect((await application.ask('PUT', `${api}/session/knock`, chosen)).status).toBe(204)
    const late = await poll(application, secret)
    expect([late.json.state, late.headers['set-cookie']]).toEqual(['over', undefined])
  })

  it('answers a guest once more, who then stays no longer', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const { secret, words } = (await knock(application)).json
    await answerFirst(application, owner, { letIn: 'guest', words })
    await poll(application, secret)
    clock.advance(30_000)

    const again = await poll(application, secret)

    expect(again.headers['set-cookie']?.[0]).toContain('Max-Age=7170')
    expect((await stores.accounts.list()).filter(({ role }) => role === 'guest').length).toBe(1)
    clock.advance(60_000)
    expect((await poll(application, secret)).json.state).toBe('over')
  })

  it('lets choose a first password with the secret, once, and not with the session alone', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const { secret, words } = (await knock(application)).json
    await answerFirst(application, owner, { letIn: 'user', words })
    const session = sessionOf(await poll(application, secret))
    const put = (headers: Record<string, string>) =>
      application.ask('PUT', `${api}/session/knock`, {
        address: phone,
        session,
        headers,
        body: { password: goodPassword },
      })

    expect((await put({})).status).toBe(403)
    expect((await put({ 'x-gatehouse-knock': 'x'.repeat(43) })).status).toBe(403)
    expect((await put({ 'x-gatehouse-knock': secret })).status).toBe(204)
    expect((await put({ 'x-gatehouse-knock': secret })).status).toBe(403)

    const body = { username: 'Mia', password: goodPassword }
    expect((await application.ask('POST', `${api}/session`, { body })).status).toBe(200)
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(200)
  })

  it('lets in as a guest for two hours, whether or not guests are let in, and nobody’s switch sends them away', async ({
    stores,
    application,
    clock,
  }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    application.guests.start()
    const { secret, words } = (await knock(application)).json
    await answerFirst(application, owner, { letIn: 'guest', words })

    const entered = await poll(application, secret)

    expect(entered.json).toMatchObject({ state: 'letIn', mayChoosePassword: false })
    expect(entered.headers['set-cookie']?.[0]).toContain('Max-Age=7200')
    const session = sessionOf(entered)
    await stores.settings.set('guests.allowed', true)
    await stores.settings.set('guests.allowed', false)
    await stores.guests.endAll({ actor: { kind: 'system' } })
    const me = await application.ask('GET', `${api}/session`, { session })
    expect(me.json).toMatchObject({
      user: { name: 'Guest 1', role: 'guest' },
      guest: { endsAt: '2026-11-01T14:00:00.000Z' },
    })
    clock.advance(2 * 3_600_000)
    expect((await application.ask('GET', `${api}/session`, { session })).status).toBe(401)
  })

  it('is over after two minutes, and after the owner shut the door', async ({ stores, application, clock }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const first = (await knock(application)).json
    clock.advance(2 * 60_000)
    expect((await poll(application, first.secret)).json.state).toBe('over')
    expect((await application.ask('GET', `${api}/knocks`, owner)).json.items).toEqual([])
    const second = (await knock(application)).json

    await openDoor(application, owner, false)

    expect((await poll(application, second.secret)).json.state).toBe('over')
    expect((await answerFirst(application, owner, { letIn: 'user', words: second.words })).status).toBe(404)
    expect(await stores.accounts.findByName('Mia')).toBeUndefined()
  })

  it('is taken back by whoever knocked, and the owner’s window notices', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const { secret, words } = (await knock(application)).json
    const [seen] = (await application.ask('GET', `${api}/knocks`, owner)).json.items
    const stream = await application.openEvents(owner)

    expect((await withdraw(application, secret)).status).toBe(204)

    await expect.poll(() => stream.events).toContainEqual({ type: 'changed', resource: 'knocks' })
    stream.close()
    expect((await application.ask('GET', `${api}/knocks`, owner)).json.items).toEqual([])
    const late = { ...owner, body: { letIn: 'user', words } }
    expect((await application.ask('POST', `${api}/knocks/${seen.id}/answer`, late)).status).toBe(404)
    expect((await poll(application, secret)).json.state).toBe('over')
    expect((await withdraw(application, secret)).status).toBe(404)
    // Their place is free, and they may ask again.
    expect((await knock(application)).status).toBe(201)
  })

  it('taken back in the moment of the answer makes nobody an account', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const { secret, words } = (await knock(application)).json
    await answerFirst(application, owner, { letIn: 'user', words })

    expect((await withdraw(application, secret)).status).toBe(204)

    const told = await poll(application, secret)
    expect([told.json.state, told.headers['set-cookie']]).toEqual(['over', undefined])
    expect(await stores.accounts.findByName('Mia')).toBeUndefined()
  })

  it('warns of a name that looks like somebody’s, and lets that one in as a guest only', async ({
    stores,
    application,
  }) => {
    const owner = await openOwner(stores)
    await addPerson(stores, 'Mia')
    await openDoor(application, owner)
    const { secret, words } = (await knock(application, 'Мia')).json
    expect((await application.ask('GET', `${api}/knocks`, owner)).json.items).toMatchObject([{ looksLike: 'Mia' }])

    expect((await answerFirst(application, owner, { letIn: 'user', words })).json.code).toBe('ALREADY_EXISTS')

    expect((await poll(application, secret)).json.state).toBe('waiting')
    expect((await answerFirst(application, owner, { letIn: 'guest', words })).json.result).toBe('letIn')
  })

  it('tells the owner’s window at once', async ({ stores, application }) => {
    const owner = await openOwner(stores)
    await openDoor(application, owner)
    const stream = await application.openEvents(owner)
    await knock(application)
    await expect.poll(() => stream.events).toContainEqual({ type: 'changed', resource: 'knocks' })
    stream.close()
  })
})
